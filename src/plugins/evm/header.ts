import { keccakHex } from "./keccak.ts";
import { encodeRlp, quantity, type RlpItem } from "./rlp.ts";
import type { RpcBlock } from "./rpc-types.ts";

/** Fields that forks appended to the header, in their order. A block has those of all forks up to its own. */
const APPENDED = [
  ["baseFeePerGas", quantity], // EIP-1559, London
  ["withdrawalsRoot", bytes], // EIP-4895, Shanghai
  ["blobGasUsed", quantity], // EIP-4844, Cancun
  ["excessBlobGas", quantity],
  ["parentBeaconBlockRoot", bytes], // EIP-4788
  ["requestsHash", bytes], // EIP-7685, Prague; Osaka appends nothing
  ["blockAccessListHash", bytes], // EIP-7928, Amsterdam
  ["slotNumber", quantity], // EIP-7843
] as const;

/** What nodes tell of a block beside its header. Anything else in a header is not Ethereum's. */
const BESIDE_HEADER = new Set(["hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author"]);

const OWN = new Set<string>([
  "number",
  "parentHash",
  "sha3Uncles",
  "miner",
  "stateRoot",
  "transactionsRoot",
  "receiptsRoot",
  "logsBloom",
  "difficulty",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "extraData",
  "mixHash",
  "nonce",
  ...APPENDED.map(([name]) => name),
]);

/** The hash of a header: see headerFields for the rules. */
export function hashHeader(header: RpcBlock): string {
  return keccakHex(encodeRlp(headerFields(header)));
}

/**
 * What a header's hash is of, by Ethereum's rules: all forks up to Osaka, and the fields known of Amsterdam. A header
 * sealed otherwise than by `mixHash` and `nonce` gets a hash that is not its own.
 */
export function headerFields(header: RpcBlock): RlpItem[] {
  const fields: RlpItem[] = [
    header.parentHash,
    header.sha3Uncles,
    header.miner,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    quantity(header.difficulty ?? "0x0"),
    quantity(header.number),
    quantity(header.gasLimit),
    quantity(header.gasUsed),
    quantity(header.timestamp),
    header.extraData,
    header.mixHash ?? "0x",
    header.nonce ?? "0x",
  ];
  for (const [name, encode] of APPENDED) {
    const value = header[name];
    if (typeof value === "string") fields.push(encode(value));
  }
  return fields;
}

/** The names of the fields that Ethereum's headers have not: signs of a chain with header rules of its own. */
export function findForeignFields(header: RpcBlock): string[] {
  return Object.keys(header).filter((name) => !OWN.has(name) && !BESIDE_HEADER.has(name));
}

function bytes(hex: string): string {
  return hex;
}
