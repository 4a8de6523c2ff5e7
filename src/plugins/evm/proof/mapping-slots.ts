import { keccakHex } from "../keccak.ts";

/** How a compiler or library finds an account's entry in a mapping. */
type MappingOrder = "solidity" | "vyper" | "solady";

/** A place where a token may keep its balances: a mapping by account. `base` is the mapping's own slot, or its seed. */
export type MappingSlot = { readonly order: MappingOrder; readonly base: bigint };

/** `keccak256(abi.encode(uint256(keccak256("openzeppelin.storage.ERC20")) - 1)) & ~bytes32(uint256(0xff))` (ERC-7201). */
const OPENZEPPELIN_ERC20 = 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n;
/** `_BALANCE_SLOT_SEED` of Solady's ERC20. */
const SOLADY_SEED = 0x87a211a2n;

/**
 * Where tokens keep their balances, as far as it is usual: the first variables of a contract, the variables after one or
 * more gaps of 50 slots that upgradeable contracts leave, and the places that libraries name.
 */
export const BALANCE_SLOTS: readonly MappingSlot[] = [
  ...[...countTo(32), 51, 101, 151, 201, 251, 301].map((slot) => ({ order: "solidity" as const, base: BigInt(slot) })),
  ...countTo(16).map((slot) => ({ order: "vyper" as const, base: BigInt(slot) })),
  { order: "solidity", base: OPENZEPPELIN_ERC20 },
  { order: "solady", base: SOLADY_SEED },
];

/**
 * Storage keys that tell which code a proxy runs: EIP-1967, and OpenZeppelin's of the time before it. A contract with other
 * values here than before may keep its balances elsewhere.
 */
export const IMPLEMENTATION_KEYS: readonly string[] = [
  "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
  "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3",
];

/** The storage key of an account's entry: 32 bytes in lower-case hex. `account` is a lower-case address. */
export function entryKey({ order, base }: MappingSlot, account: string): string {
  const address = account.slice(2);
  if (order === "solidity") return hashOf(word(address) + word(base.toString(16)));
  if (order === "vyper") return hashOf(word(base.toString(16)) + word(address));
  return hashOf(address + base.toString(16).padStart(24, "0"));
}

function hashOf(hex: string): string {
  return keccakHex(Buffer.from(hex, "hex"));
}

function word(hex: string): string {
  return hex.padStart(64, "0");
}

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
