import { encodeRlp, keccak256, toBeArray } from "ethers";

/** A header's fields in the order in which its hash covers them (yellow paper, section 4.3; EIPs 1559, 4895, 4844, 4788, 7685). */
const FIELDS = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "number"],
  ["number", "number"],
  ["gasLimit", "number"],
  ["gasUsed", "number"],
  ["timestamp", "number"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
  ["baseFeePerGas", "number"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "number"],
  ["excessBlobGas", "number"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
] as const;

/** The hash of a header as nodes give it; fields that its fork does not have are left out. */
export function headerHash(header: Readonly<Record<string, unknown>>): string {
  const items: (string | Uint8Array)[] = [];
  for (const [name, kind] of FIELDS) {
    const value = header[name];
    if (typeof value === "string") items.push(kind === "number" ? toBeArray(BigInt(value)) : value);
  }
  return keccak256(encodeRlp(items));
}
