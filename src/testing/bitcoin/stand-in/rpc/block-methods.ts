import type { TreeBlock } from "../block-tree.ts";
import { RPC_CODES, refuse } from "../rules.ts";
import type { StandInChain } from "../stand-in-chain.ts";
import { findBlock, type RpcMethods, readWhole } from "./method.ts";
import { showTransaction } from "./show-transaction.ts";

export const BLOCK_METHODS: RpcMethods = {
  getblockcount: (chain) => chain.tree.tip.height,
  getbestblockhash: (chain) => chain.tree.tip.hash,
  getblockhash: (chain, [height]) => blockAt(chain, height).hash,
  getblockheader: (chain, [hash, verbose = true]) => {
    const block = findBlock(chain, hash);
    return verbose === false ? block.hex.slice(0, 160) : showHeader(chain, block);
  },
  getblock: (chain, [hash, verbosity = 1]) => {
    const block = findBlock(chain, hash);
    const level = typeof verbosity === "boolean" ? Number(verbosity) : readWhole(verbosity);
    return level <= 0 ? block.hex : showBlock(chain, block, level);
  },
  getblockstats: (chain, [place]) => {
    const block = typeof place === "number" ? blockAt(chain, place) : findBlock(chain, place);
    if (!chain.tree.isInChain(block)) throw refuse(RPC_CODES.invalidParameter, `Block is not in chain ${block.hash}`);
    return showStats(chain, block);
  },
  getchaintips: (chain) =>
    chain.tree.leaves().map((block) => {
      let fork: TreeBlock = block;
      while (!chain.tree.isInChain(fork)) fork = fork.parent as TreeBlock;
      const status = chain.tree.isInChain(block) ? "active" : chain.tree.isValid(block) ? "valid-fork" : "invalid";
      return { height: block.height, hash: block.hash, branchlen: block.height - fork.height, status };
    }),
};

function blockAt(chain: StandInChain, height: unknown): TreeBlock {
  const block = chain.tree.chain[readWhole(height)];
  if (!block) throw refuse(RPC_CODES.invalidParameter, "Block height out of range");
  return block;
}

function showHeader(chain: StandInChain, block: TreeBlock) {
  const isInChain = chain.tree.isInChain(block);
  const next = isInChain ? chain.tree.chain[block.height + 1] : undefined;
  const { version, timestamp, bits, nonce } = block.block;
  return {
    hash: block.hash,
    confirmations: isInChain ? chain.tree.tip.height - block.height + 1 : -1,
    height: block.height,
    version,
    versionHex: version.toString(16).padStart(8, "0"),
    merkleroot: Buffer.from(block.block.merkleRoot as Uint8Array)
      .reverse()
      .toString("hex"),
    time: timestamp,
    mediantime: block.medianTime,
    nonce,
    bits: bits.toString(16).padStart(8, "0"),
    difficulty: 4.656542373906925e-10,
    // Every block of regtest has the work of two hashes.
    chainwork: (2 * (block.height + 1)).toString(16).padStart(64, "0"),
    nTx: block.transactions.length,
    ...(block.parent && { previousblockhash: block.parentHash }),
    ...(next && { nextblockhash: next.hash }),
  };
}

function showBlock(chain: StandInChain, block: TreeBlock, level: number) {
  const undo = level >= 2 ? chain.tree.undoOf(block) : undefined;
  const tx = block.transactions.map((transaction) =>
    undo ? showTransaction(transaction, { undo, block, withPrevious: level >= 3, withHex: true }) : transaction.id,
  );
  return {
    ...showHeader(chain, block),
    strippedsize: block.block.byteLength(false, false),
    size: block.hex.length / 2,
    weight: block.block.weight(),
    tx,
  };
}

/** Of the node's statistics those that are cheap to have, in the smallest unit. */
function showStats(chain: StandInChain, block: TreeBlock) {
  const undo = chain.tree.undoOf(block);
  const [, ...others] = block.transactions;
  const own = new Map(
    block.transactions.flatMap(({ id, transaction }) => transaction.outs.map((out, i) => [`${id}:${i}`, out.value])),
  );
  const amountOf = (outpoint: string) => own.get(outpoint) ?? undo.get(outpoint)?.amount ?? 0n;
  const spent = others.reduce((sum, { spends }) => sum + spends.reduce((all, each) => all + amountOf(each), 0n), 0n);
  const made = others.reduce(
    (sum, { transaction }) => sum + transaction.outs.reduce((all, { value }) => all + value, 0n),
    0n,
  );
  return {
    blockhash: block.hash,
    height: block.height,
    time: block.block.timestamp,
    mediantime: block.medianTime,
    txs: block.transactions.length,
    ins: others.reduce((sum, { spends }) => sum + spends.length, 0),
    outs: block.transactions.reduce((sum, { transaction }) => sum + transaction.outs.length, 0),
    total_out: Number(made),
    totalfee: Number(spent - made),
    subsidy: Number(
      (block.transactions[0]?.transaction.outs ?? []).reduce((sum, { value }) => sum + value, 0n) - (spent - made),
    ),
    total_size: others.reduce((sum, { hex }) => sum + hex.length / 2, 0),
    total_weight: others.reduce((sum, { transaction }) => sum + transaction.weight(), 0),
  };
}
