// Bech32 (BIP 173), in one direction: how the age format spells a key. Whoever reads it back checks the sum at its end.

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;

const checksum = (values: readonly number[]): number => {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if ((top >>> bit) & 1) sum ^= term;
  }
  return sum >>> 0;
};

/** Bytes in groups of five bits, the last one filled up with zeros. */
const inFives = (bytes: Uint8Array): number[] => {
  const fives: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      fives.push((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) fives.push((held << (5 - bits)) & 31);
  return fives;
};

/** The text of `bytes` under the prefix `name` (small letters), in small letters. */
export const bech32 = (name: string, bytes: Uint8Array): string => {
  const codes = [...name].map((letter) => letter.charCodeAt(0));
  const prefix = [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
  const data = inFives(bytes);
  const sum = (checksum([...prefix, ...data, 0, 0, 0, 0, 0, 0]) ^ 1) >>> 0;
  const tail = [5, 4, 3, 2, 1, 0].map((place) => (sum >>> (5 * place)) & 31);
  return `${name}1${[...data, ...tail].map((five) => alphabet[five]).join("")}`;
};
