import { decodeRlp, encodeRlp, getCreateAddress, keccak256, Transaction } from "ethers";

/** What decodeRlp gives: hex texts and lists of them. */
type Decoded = string | readonly Decoded[];

/** A block in the shape of eth_getBlockBy…, and its uncles' headers. */
export type DecodedBlock = {
  readonly block: Record<string, unknown> & { readonly hash: string; readonly number: string };
  readonly uncles: readonly Record<string, unknown>[];
};

const HEADER_FIELDS = [
  "parentHash",
  "sha3Uncles",
  "miner",
  "stateRoot",
  "transactionsRoot",
  "receiptsRoot",
  "logsBloom",
  "#difficulty",
  "#number",
  "#gasLimit",
  "#gasUsed",
  "#timestamp",
  "extraData",
  "mixHash",
  "nonce",
  "#baseFeePerGas",
  "withdrawalsRoot",
  "#blobGasUsed",
  "#excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
];

/**
 * Blocks as peers exchange them, in the shape in which nodes tell them. Everything that is recomputed on the way (hashes,
 * senders) comes from ethers, so that it is no echo of the code under test.
 */
export function decodeBlock(rlp: string): DecodedBlock {
  const [header, transactions, uncles, withdrawals] = decodeRlp(rlp) as readonly Decoded[][];
  const fields = decodeHeader(header as Decoded[]);
  const place = { blockHash: fields["hash"], blockNumber: fields["number"] };
  return {
    block: {
      ...fields,
      hash: String(fields["hash"]),
      number: String(fields["number"]),
      transactions: (transactions as Decoded[]).map((tx, i) => ({
        ...decodeTransaction(tx),
        ...place,
        transactionIndex: hex(i),
      })),
      uncles: (uncles as Decoded[][]).map((uncle) => decodeHeader(uncle)["hash"]),
      ...(withdrawals && { withdrawals: withdrawals.map((entry) => decodeWithdrawal(entry as string[])) }),
    },
    uncles: (uncles as Decoded[][]).map(decodeHeader),
  };
}

/** Items of RLP one after the other, without a list around them. */
export function splitRlp(bytes: Buffer): string[] {
  const items: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at] as number;
    const sizeBytes = head > 0xf7 ? head - 0xf7 : 0;
    const size = sizeBytes > 0 ? bytes.readUIntBE(at + 1, sizeBytes) : head - 0xc0;
    const end = at + 1 + sizeBytes + size;
    items.push(`0x${bytes.toString("hex", at, end)}`);
    at = end;
  }
  return items;
}

/** Receipts as debug_getRawReceipts gives them, in the shape of eth_getBlockReceipts. */
export function decodeReceipts(block: DecodedBlock["block"], raw: readonly string[]): Record<string, unknown>[] {
  const transactions = block["transactions"] as readonly Record<string, unknown>[];
  let gasBefore = 0;
  let logIndex = 0;
  return raw.map((bytes, i) => {
    const typed = Number(`0x${bytes.slice(2, 4)}`) < 0xc0;
    const [outcome, gas, logsBloom, logs] = decodeRlp(typed ? `0x${bytes.slice(4)}` : bytes) as readonly Decoded[];
    const created = transactions[i] as { from: string; nonce: string; to: string | null };
    const { hash, blockHash, blockNumber, from, to, type, transactionIndex } = transactions[i] as Record<
      string,
      unknown
    >;
    const place = { transactionHash: hash, blockHash, blockNumber, transactionIndex };
    const cumulative = Number(gas);
    const receipt = {
      ...place,
      from,
      to,
      type,
      contractAddress:
        to === null ? getCreateAddress({ ...created, nonce: BigInt(created.nonce) }).toLowerCase() : null,
      ...((outcome as string).length === 66 ? { root: outcome } : { status: number(outcome as string) }),
      cumulativeGasUsed: hex(cumulative),
      gasUsed: hex(cumulative - gasBefore),
      effectiveGasPrice: price(block, transactions[i] as Record<string, unknown>),
      ...blobGas(transactions[i] as Record<string, unknown>),
      logsBloom,
      logs: (logs as Decoded[]).map((log) => {
        const [address, topics, data] = log as readonly Decoded[];
        return { ...place, address, topics, data, logIndex: hex(logIndex++) };
      }),
    };
    gasBefore = cumulative;
    return receipt;
  });
}

function decodeHeader(header: readonly Decoded[]): Record<string, unknown> {
  const fields: Record<string, unknown> = { hash: keccak256(encodeRlp(header as string[])) };
  for (const [i, value] of header.entries()) {
    const name = HEADER_FIELDS[i];
    if (name === undefined) throw new Error(`a header has ${header.length} fields`);
    if (name.startsWith("#")) fields[name.slice(1)] = number(value as string);
    else fields[name] = value;
  }
  return fields;
}

function decodeTransaction(encoded: Decoded): Record<string, unknown> {
  const tx = Transaction.from(typeof encoded === "string" ? encoded : encodeRlp(encoded as string[]));
  const { signature } = tx;
  if (!signature) throw new Error("a transaction in a block is signed");
  return {
    hash: tx.hash,
    type: hex(tx.type ?? 0),
    from: tx.from?.toLowerCase(),
    to: tx.to?.toLowerCase() ?? null,
    nonce: hex(tx.nonce),
    value: hex(tx.value),
    gas: hex(tx.gasLimit),
    input: tx.data,
    ...(tx.type === 0 && !signature.networkV ? {} : { chainId: hex(tx.chainId) }),
    ...(tx.gasPrice === null ? {} : { gasPrice: hex(tx.gasPrice) }),
    ...(tx.maxFeePerGas === null ? {} : { maxFeePerGas: hex(tx.maxFeePerGas) }),
    ...(tx.maxPriorityFeePerGas === null ? {} : { maxPriorityFeePerGas: hex(tx.maxPriorityFeePerGas) }),
    ...(tx.maxFeePerBlobGas === null ? {} : { maxFeePerBlobGas: hex(tx.maxFeePerBlobGas) }),
    ...(tx.blobVersionedHashes === null ? {} : { blobVersionedHashes: tx.blobVersionedHashes }),
    ...(tx.accessList === null
      ? {}
      : { accessList: tx.accessList.map((entry) => ({ ...entry, address: entry.address.toLowerCase() })) }),
    ...(tx.authorizationList === null
      ? {}
      : {
          authorizationList: tx.authorizationList.map(({ address, nonce, chainId, signature: signed }) => ({
            address: address.toLowerCase(),
            nonce: hex(nonce),
            chainId: hex(chainId),
            yParity: hex(signed.yParity),
            r: number(signed.r),
            s: number(signed.s),
          })),
        }),
    v: hex(tx.type === 0 ? (signature.networkV ?? signature.v) : signature.yParity),
    r: number(signature.r),
    s: number(signature.s),
  };
}

function decodeWithdrawal([index, validatorIndex, address, amount]: readonly string[]): Record<string, unknown> {
  return {
    index: number(String(index)),
    validatorIndex: number(String(validatorIndex)),
    address,
    amount: number(String(amount)),
  };
}

function blobGas(tx: Record<string, unknown>): Record<string, unknown> {
  const blobs = (tx["blobVersionedHashes"] ?? []) as unknown[];
  return blobs.length === 0 ? {} : { blobGasUsed: hex(131_072 * blobs.length) };
}

function price(block: DecodedBlock["block"], tx: Record<string, unknown>): string {
  if (tx["maxFeePerGas"] === undefined) return String(tx["gasPrice"]);
  const [cap, tip] = [BigInt(String(tx["maxFeePerGas"])), BigInt(String(tx["maxPriorityFeePerGas"]))];
  const offered = BigInt(String(block["baseFeePerGas"])) + tip;
  return hex(offered < cap ? offered : cap);
}

/** A number as RPC writes it: no leading zeros, `0x0` for zero. */
function number(data: string): string {
  return hex(data === "0x" ? 0n : BigInt(data));
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
