import { HeadwaterError } from "../../../../core/errors.ts";
import type { MempoolEntry } from "../mempool.ts";
import { parseTransaction } from "../parsed.ts";
import { RPC_CODES, refuse } from "../rules.ts";
import type { StandInChain } from "../stand-in-chain.ts";
import { coinsJson, findBlock, type RpcMethods, readText } from "./method.ts";
import { showTransaction } from "./show-transaction.ts";

export const MEMPOOL_METHODS: RpcMethods = {
  getrawmempool: ({ mempool }, [verbose = false, withSequence = false]) => {
    if (verbose === true)
      return Object.fromEntries(mempool.entries().map((each) => [each.id, showEntry(mempool, each)]));
    const txids = mempool.entries().map(({ id }) => id);
    return withSequence === true ? { txids, mempool_sequence: mempool.sequence } : txids;
  },
  getmempoolentry: ({ mempool }, [id]) => showEntry(mempool, findEntry(mempool, id)),
  getmempoolancestors: ({ mempool }, [id]) =>
    mempool
      .ancestorsOf(findEntry(mempool, id))
      .slice(0, -1)
      .map((entry) => entry.id),
  getmempoolinfo: ({ mempool }) => ({
    loaded: true,
    size: mempool.size,
    bytes: mempool.entries().reduce((sum, { size }) => sum + size, 0),
    mempoolminfee: coinsJson(1_000n),
    minrelaytxfee: coinsJson(1_000n),
  }),
  getrawtransaction: (chain, [id, verbose = false, blockHash]) => showRaw(chain, readText(id), verbose, blockHash),
  decoderawtransaction: (_, [hex]) => showTransaction(parseTransaction(hex)),
  sendrawtransaction: (chain, [hex]) => {
    const transaction = parseTransaction(hex);
    // As with nodes, one that is there already is no error.
    return chain.mempool.get(transaction.id)?.id ?? chain.submitTransaction(transaction).id;
  },
  testmempoolaccept: ({ mempool, tree, now }, [hexes]) => {
    if (!Array.isArray(hexes)) throw refuse(RPC_CODES.typeError, "Expected type array");
    return hexes.map((hex: unknown) => {
      const transaction = parseTransaction(hex);
      try {
        const { fee } = mempool.judge(transaction, tree.tip.height, now).entry;
        return { txid: transaction.id, allowed: true, vsize: transaction.size, fees: { base: coinsJson(fee) } };
      } catch (error) {
        if (!(error instanceof HeadwaterError)) throw error;
        return { txid: transaction.id, allowed: false, "reject-reason": error.message };
      }
    });
  },
};

function findEntry(mempool: StandInChain["mempool"], id: unknown): MempoolEntry {
  const entry = mempool.get(readText(id));
  if (!entry) throw refuse(RPC_CODES.invalidAddressOrKey, "Transaction not in mempool");
  return entry;
}

function showEntry(mempool: StandInChain["mempool"], entry: MempoolEntry) {
  const ancestors = mempool.ancestorsOf(entry);
  const descendants = mempool.descendantsOf(entry);
  const total = (entries: readonly MempoolEntry[]) => entries.reduce((sum, { fee }) => sum + fee, 0n);
  const size = (entries: readonly MempoolEntry[]) => entries.reduce((sum, each) => sum + each.size, 0);
  const spent = new Set(entry.spends.map((outpoint) => outpoint.slice(0, 64)));
  return {
    vsize: entry.size,
    weight: entry.transaction.weight(),
    time: entry.time,
    height: entry.height,
    descendantcount: descendants.length,
    descendantsize: size(descendants),
    ancestorcount: ancestors.length,
    ancestorsize: size(ancestors),
    wtxid: Buffer.from(entry.transaction.getHash(true)).reverse().toString("hex"),
    fees: {
      base: coinsJson(entry.fee),
      modified: coinsJson(entry.fee),
      ancestor: coinsJson(total(ancestors)),
      descendant: coinsJson(total(descendants)),
    },
    depends: ancestors.filter(({ id }) => spent.has(id)).map(({ id }) => id),
    "bip125-replaceable": ancestors.some(({ signalsReplacement }) => signalsReplacement),
  };
}

/** From the mempool, from the block named, or from any block of the chain: the stand-in keeps an index of nothing. */
function showRaw(chain: StandInChain, id: string, verbose: unknown, blockHash: unknown): unknown {
  const isVerbose = verbose === true || (typeof verbose === "number" && verbose > 0);
  const tellsSpent = typeof verbose === "number" && verbose >= 2;
  const entry = blockHash === undefined ? chain.mempool.get(id) : undefined;
  if (entry) return isVerbose ? showTransaction(entry, { withHex: true }) : entry.hex;
  const blocks = blockHash === undefined ? chain.tree.chain.toReversed() : [findBlock(chain, blockHash)];
  for (const block of blocks) {
    const found = block.transactions.find((transaction) => transaction.id === id);
    if (!found) continue;
    if (!isVerbose) return found.hex;
    const isInChain = chain.tree.isInChain(block);
    return {
      ...(blockHash !== undefined && { in_active_chain: isInChain }),
      ...showTransaction(found, {
        block,
        withHex: true,
        ...(tellsSpent && { undo: chain.tree.undoOf(block), withPrevious: true }),
      }),
      blockhash: block.hash,
      confirmations: isInChain ? chain.tree.tip.height - block.height + 1 : 0,
      time: block.block.timestamp,
      blocktime: block.block.timestamp,
    };
  }
  throw refuse(
    RPC_CODES.invalidAddressOrKey,
    blockHash === undefined
      ? "No such mempool or blockchain transaction. Use gettransaction for wallet transactions."
      : "No such transaction found in the provided block. Use gettransaction for wallet transactions.",
  );
}
