import type { ParsedBlock } from "./parsed.ts";
import { BITS, MAX_BLOCK_WEIGHT, MAX_FUTURE_SECONDS, RPC_CODES, refuse } from "./rules.ts";

export type BlockPlace = {
  readonly height: number;
  /** The parent's median time, seconds since the Unix epoch. */
  readonly medianTime: number;
  /** The node's clock, seconds since the Unix epoch. */
  readonly now: number;
};

const MAX_COINBASE_SCRIPT_BYTES = 100;

/**
 * Holds a block against the rules that need no outputs: work, times, merkle root, witness commitment, the coinbase's form
 * (BIP34), weight. Scripts and signatures are not looked at: that is the stand-in's largest difference to a node.
 * @throws HeadwaterError with the reason that a node would give
 */
export function checkBlock({ block, transactions }: ParsedBlock, { height, medianTime, now }: BlockPlace): void {
  if (block.bits !== BITS) throw rejected("bad-diffbits");
  if (!block.checkProofOfWork()) throw rejected("high-hash");
  if (block.timestamp <= medianTime) throw rejected("time-too-old");
  if (block.timestamp > now + MAX_FUTURE_SECONDS) throw rejected("time-too-new");
  if (transactions.length === 0) throw rejected("bad-blk-length");
  if (block.weight() > MAX_BLOCK_WEIGHT) throw rejected("bad-blk-weight");
  const [coinbase, ...others] = transactions;
  if (!coinbase?.isCoinbase) throw rejected("bad-cb-missing");
  if (others.some(({ isCoinbase }) => isCoinbase)) throw rejected("bad-cb-multiple");
  const script = coinbase.transaction.ins[0]?.script ?? new Uint8Array();
  if (script.length < 2 || script.length > MAX_COINBASE_SCRIPT_BYTES) throw rejected("bad-cb-length");
  const start = heightScript(height);
  if (Buffer.compare(script.subarray(0, start.length), start) !== 0) throw rejected("bad-cb-height");
  // Throws nothing where there is no commitment: then there must be no witness either.
  if (!block.checkTxRoots()) throw rejected("bad-txnmrklroot");
}

/** The push of a block's height with which its coinbase starts (BIP34), as nodes write it. */
export function heightScript(height: number): Uint8Array {
  if (height <= 16) return Uint8Array.of(height === 0 ? 0 : 0x50 + height);
  const bytes: number[] = [];
  for (let rest = height; rest > 0; rest >>= 8) bytes.push(rest & 0xff);
  // The highest bit is the sign.
  if ((bytes.at(-1) as number) > 0x7f) bytes.push(0);
  return Uint8Array.of(bytes.length, ...bytes);
}

function rejected(reason: string): Error {
  return refuse(RPC_CODES.verify, reason);
}
