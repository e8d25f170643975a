// Addresses under names that are set aside for examples and tests (RFC 2606, RFC 6761): nobody can have one, so no live
// provider is ever handed one. The sample workspace's people have such addresses.

/** The same for SQL and JavaScript; addresses are stored in lower case. */
export const reservedPattern = "[.@](example|invalid|test|localhost)$";
const reserved = new RegExp(reservedPattern, "i");

/** True for an address that cannot be anybody's. */
export const isReservedAddress = (address: string): boolean => reserved.test(address);
