// A list of numbers in a typed array that doubles when it is full: 4 or 8 bytes a number where an array of objects
// would take fifty.

type NumberArray = Float64Array | Uint32Array;
type NumberArrayType<A extends NumberArray> = new (length: number) => A;

export interface GrowingNumbers {
  length(): number;
  push(value: number): void;
  /** The number at `index`; 0 when there is none. */
  at(index: number): number;
  /** Place of `value` at or after `from`, or -1. */
  indexOf(value: number, from: number): number;
}

/** An empty list over the given kind of array. */
export const createGrowingNumbers = <A extends NumberArray>(ArrayType: NumberArrayType<A>): GrowingNumbers => {
  let values: NumberArray = new ArrayType(1024);
  let length = 0;
  return {
    length: () => length,
    push: (value) => {
      if (length === values.length) {
        const larger = new ArrayType(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    at: (index) => values[index] ?? 0,
    indexOf: (value, from) => {
      const found = values.indexOf(value, from);
      return found < length ? found : -1;
    },
  };
};
