import { keccak256 } from "./keccak.ts";
import { encodeRlp, quantity, type RlpItem } from "./rlp.ts";
import type { RpcTransaction } from "./rpc-types.ts";
import type { Signature } from "./senders.ts";
import { listUnsignedFields, UnreadableField } from "./unsigned-transaction.ts";

/** A transaction as hashes commit to it. */
export type EncodedTransaction = {
  /** The canonical bytes: what the transaction's hash is of, and what stands in the trie. */
  readonly bytes: Uint8Array;
  /** What the sender signed. Undefined for a type that nobody signs, whose hash covers `from` itself. */
  readonly signed: { readonly hash: Uint8Array; readonly signature: Signature } | undefined;
};

/** Lists what a type's payload holds before the signature. */
type PayloadFields = (tx: RpcTransaction) => RlpItem[];

/** The types that Ethereum knows and their payloads, by the EIPs that define them. */
const SIGNED_TYPES: Readonly<Record<number, PayloadFields>> = {
  // EIP-2930
  1: (tx) => [
    chainId(tx),
    quantity(tx.nonce),
    quantity(needed(tx, "gasPrice")),
    quantity(tx.gas),
    tx.to ?? "0x",
    quantity(tx.value),
    tx.input,
    accessList(tx),
  ],
  // EIP-1559
  2: dynamicFeeFields,
  // EIP-4844
  3: (tx) => [...dynamicFeeFields(tx), quantity(needed(tx, "maxFeePerBlobGas")), tx.blobVersionedHashes ?? []],
  // EIP-7702
  4: (tx) => [...dynamicFeeFields(tx), authorizations(tx)],
};

/** The transaction's type as a number. Nodes from before EIP-2718 tell none: they know legacy ones only. */
export function readType(tx: RpcTransaction): number {
  return tx.type === undefined ? 0 : Number(tx.type);
}

/**
 * The canonical bytes of a transaction, or undefined for a type whose encoding is not known here.
 * @throws UnreadableField when the node left out or misspelt what the type's encoding needs
 */
export function encodeTransaction(tx: RpcTransaction): EncodedTransaction | undefined {
  const type = readType(tx);
  if (type === 0) return encodeLegacy(tx);
  const fields = SIGNED_TYPES[type]?.(tx);
  if (fields) {
    const parity = tx.yParity ?? needed(tx, "v");
    const [r, s] = [needed(tx, "r"), needed(tx, "s")];
    const bytes = encodeRlp([...fields, quantity(parity), quantity(r), quantity(s)], type);
    const signature: Signature = { r, s, parity: BigInt(parity) === 0n ? 0 : 1 };
    return { bytes, signed: { hash: keccak256(encodeRlp(fields, type)), signature } };
  }
  const unsigned = listUnsignedFields(type, tx);
  return unsigned && { bytes: encodeRlp(unsigned, type), signed: undefined };
}

function encodeLegacy(tx: RpcTransaction): EncodedTransaction {
  const fields: RlpItem[] = [
    quantity(tx.nonce),
    quantity(needed(tx, "gasPrice")),
    quantity(tx.gas),
    tx.to ?? "0x",
    quantity(tx.value),
    tx.input,
  ];
  const [v, r, s] = [needed(tx, "v"), needed(tx, "r"), needed(tx, "s")];
  const bytes = encodeRlp([...fields, quantity(v), quantity(r), quantity(s)]);
  // Optimism before Bedrock wrote what came from the layer below as legacy transactions with an empty signature.
  if (BigInt(r) === 0n && BigInt(s) === 0n) return { bytes, signed: undefined };
  const recovery = BigInt(v);
  // EIP-155: v is 2 × chain id + 35 + parity, and the chain id is signed with the rest; before, v was 27 + parity.
  const replayProtected = recovery >= 35n;
  const parity = replayProtected ? (recovery - 35n) % 2n : recovery - 27n;
  const payload = replayProtected
    ? [...fields, quantity(`0x${((recovery - 35n) / 2n).toString(16)}`), "0x", "0x"]
    : fields;
  return { bytes, signed: { hash: keccak256(encodeRlp(payload)), signature: { r, s, parity: parity === 0n ? 0 : 1 } } };
}

function dynamicFeeFields(tx: RpcTransaction): RlpItem[] {
  return [
    chainId(tx),
    quantity(tx.nonce),
    quantity(needed(tx, "maxPriorityFeePerGas")),
    quantity(needed(tx, "maxFeePerGas")),
    quantity(tx.gas),
    tx.to ?? "0x",
    quantity(tx.value),
    tx.input,
    accessList(tx),
  ];
}

function chainId(tx: RpcTransaction): string {
  return quantity(needed(tx, "chainId"));
}

function accessList(tx: RpcTransaction): RlpItem {
  return (tx.accessList ?? []).map(({ address, storageKeys }) => [address, storageKeys]);
}

function authorizations(tx: RpcTransaction): RlpItem {
  return (tx.authorizationList ?? []).map((entry) => {
    const { chainId: chain = "0x0", address = "0x", nonce = "0x0", r = "0x0", s = "0x0" } = entry;
    const parity = entry["yParity"] ?? entry["v"] ?? "0x0";
    return [quantity(chain), address, quantity(nonce), quantity(parity), quantity(r), quantity(s)];
  });
}

function needed(
  tx: RpcTransaction,
  field: "chainId" | "gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas" | "maxFeePerBlobGas" | "v" | "r" | "s",
): string {
  const value = tx[field];
  if (value === undefined) throw new UnreadableField(field, "a hex quantity", value);
  return value;
}
