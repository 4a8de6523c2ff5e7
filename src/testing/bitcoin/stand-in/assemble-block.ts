import { Block } from "bitcoinjs-lib/src/block";
import { Transaction } from "bitcoinjs-lib/src/transaction";
import { heightScript } from "./check-block.ts";
import { describeTransaction, innerHash, type ParsedBlock, type ParsedTransaction } from "./parsed.ts";
import { BITS } from "./rules.ts";

export type BlockTemplate = {
  readonly parentHash: string;
  readonly height: number;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  /** To whom the reward goes. */
  readonly script: Uint8Array;
  /** Subsidy and fees together. */
  readonly reward: bigint;
  readonly transactions: readonly ParsedTransaction[];
  /** Makes blocks of different miners differ, where all else is the same. */
  readonly tag: string;
};

const VERSION = 0x20000000;
const WITNESS_RESERVED = new Uint8Array(32);
const COMMITMENT_START = Buffer.from("6a24aa21a9ed", "hex");

/** Makes a block and finds its work, which on regtest takes two tries. */
export function assembleBlock(template: BlockTemplate): ParsedBlock {
  const coinbase = buildCoinbase(template);
  const transactions = [coinbase, ...template.transactions.map(({ transaction }) => transaction)];
  const block = new Block();
  block.version = VERSION;
  block.prevHash = innerHash(template.parentHash);
  block.merkleRoot = Block.calculateMerkleRoot(transactions);
  block.timestamp = template.time;
  block.bits = BITS;
  block.transactions = transactions;
  const commitment = block.getWitnessCommit();
  if (commitment) block.witnessCommit = commitment;
  while (!block.checkProofOfWork()) block.nonce++;
  return {
    hash: block.getId(),
    parentHash: template.parentHash,
    hex: block.toHex(),
    block,
    transactions: [describeTransaction(coinbase), ...template.transactions],
  };
}

/** The coinbase commits to the witnesses also where there are none, as nodes make it. */
function buildCoinbase({ height, script, reward, transactions, tag }: BlockTemplate): Transaction {
  const coinbase = new Transaction();
  coinbase.version = 2;
  const start = heightScript(height);
  coinbase.addInput(new Uint8Array(32), 0xffffffff, 0xffffffff, Buffer.concat([start, Buffer.from(`/${tag}/`)]));
  coinbase.ins[0] = { ...(coinbase.ins[0] as Transaction["ins"][number]), witness: [WITNESS_RESERVED] };
  coinbase.addOutput(script, reward);
  const root = Block.calculateMerkleRoot([coinbase, ...transactions.map(({ transaction }) => transaction)], true);
  coinbase.addOutput(Buffer.concat([COMMITMENT_START, root]), 0n);
  return coinbase;
}
