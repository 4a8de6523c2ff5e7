import type { StandInChain } from "../stand-in-chain.ts";
import { type RpcMethods, readText, readWhole } from "./method.ts";

/** What it says where nodes say their program and version. */
const SUBVERSION = "HeadwaterStandIn:1.0";

/** As much of a node's help as tells what its methods can do. */
const HELP: Readonly<Record<string, string>> = {
  getblock: 'getblock "blockhash" ( verbosity )\n\nWith verbosity 3 every input has its "prevout".',
  scantxoutset: 'scantxoutset "action" ( [scanobjects,...] )\n\nDescriptors: raw(<hex script>), addr(<address>).',
  waitforblockheight: "waitforblockheight height ( timeout )",
};

export const NODE_METHODS: RpcMethods = {
  help: (_, [topic]) => HELP[readText(topic)] ?? `help: unknown command: ${readText(topic)}\n`,
  getnetworkinfo: (chain) => ({
    // The version of the node whose answers it imitates.
    version: 280_000,
    subversion: `/${SUBVERSION}(${chain.name}; not a real node)/`,
    protocolversion: 70_016,
    localrelay: true,
    networkactive: true,
    connections: chain.peers.length,
    relayfee: 0.00001,
    incrementalfee: 0.00001,
    warnings: ["This is no real node: it runs no scripts and checks no signatures."],
  }),
  getblockchaininfo: ({ tree }) => ({
    chain: "regtest",
    blocks: tree.tip.height,
    headers: Math.max(...tree.leaves().map(({ height }) => height)),
    bestblockhash: tree.tip.hash,
    difficulty: 4.656542373906925e-10,
    time: tree.tip.block.timestamp,
    mediantime: tree.tip.medianTime,
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: (2 * (tree.tip.height + 1)).toString(16).padStart(64, "0"),
    pruned: false,
  }),
  getpeerinfo: ({ peers }) => peers.map(({ name }, id) => ({ id, subver: `/${SUBVERSION}(${name})/` })),
  getconnectioncount: ({ peers }) => peers.length,
  waitfornewblock: async (chain, [timeoutMs = 0], signal) => {
    const before = chain.tree.tip;
    await chain.waitUntil(() => chain.tree.tip !== before, readWhole(timeoutMs), signal);
    return showTip(chain);
  },
  waitforblock: async (chain, [hash, timeoutMs = 0], signal) => {
    const wanted = readText(hash);
    await chain.waitUntil(() => chain.tree.tip.hash === wanted, readWhole(timeoutMs), signal);
    return showTip(chain);
  },
  waitforblockheight: async (chain, [height, timeoutMs = 0], signal) => {
    const wanted = readWhole(height);
    await chain.waitUntil(() => chain.tree.tip.height >= wanted, readWhole(timeoutMs), signal);
    return showTip(chain);
  },
  getindexinfo: ({ tree }) => ({ txindex: { synced: true, best_block_height: tree.tip.height } }),
  // As a node that has not seen enough transactions confirmed.
  estimatesmartfee: (_, [blocks]) => ({ errors: ["Insufficient data or no feerate found"], blocks: readWhole(blocks) }),
};

function showTip({ tree }: StandInChain) {
  return { hash: tree.tip.hash, height: tree.tip.height };
}
