import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainInfo, NodeProbe, RawBlock, SpentOutputs } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Asset } from "../../core/model.ts";
import { decodeBlock } from "./decode/decode-block.ts";
import { listOutputs } from "./list-outputs.ts";
import { LocalBlocks } from "./local/local-blocks.ts";
import { findNetwork, NETWORKS } from "./networks/find-network.ts";
import { type BitcoinNetwork, isOwnNetwork, nativeAsset } from "./networks/network.ts";
import { connectNode } from "./node.ts";
import { openRaw } from "./open-raw.ts";
import { type BitcoinOptions, readOptions } from "./options.ts";
import { decodePending, listPendingOutputs } from "./pending.ts";
import { buildProfile, isKnownProfile, isTold, SPENT_CAPABILITIES } from "./profile.ts";
import type { BitcoinBlock } from "./read-block.ts";
import { AccountForms } from "./scripts/account.ts";
import { resolveFromLedger } from "./spent-outputs.ts";
import { resolveTold } from "./told-outputs.ts";
import { matureFrom } from "./verify/amounts.ts";
import { type SpentKnowledge, verifyAlone, verifyBlock } from "./verify/verify-block.ts";
import { trailBlocksOf, verifyTrail } from "./verify/verify-trail.ts";

const DEFAULT_FINALITY = { safe: 6, finalized: 100 };
const hash = /^[0-9a-fA-F]{64}$/;

/**
 * A chain of Bitcoin's family: one of the table of networks. Its one asset is its coin, `slip44:<coin>`; accounts are output
 * scripts, in the ledger lower-case hex, shown as the network's addresses or as `script-` and the script's SHA-256.
 * @throws HeadwaterError `config-invalid`
 */
export function openChain(config: ChainConfig): Chain {
  const options = readOptions(config);
  const network = readNetwork(config, options);
  const forms = new AccountForms(network);
  const asset = nativeAsset(network);
  const { blocksDir, scans = "auto" } = options;
  const local = blocksDir === undefined ? undefined : new LocalBlocks(blocksDir);
  const nodeOptions = {
    network,
    asset,
    needsSpent: config.index.from !== 0,
    local,
    scans: scans === "auto" ? isOwnNetwork(network) : scans === "on",
  };
  const mode = config.index.verify;
  return {
    info: buildInfo(config, network, options),
    parseAccount: (text) => forms.parse(text),
    formatAccount: (account) => forms.format(account),
    parseAsset: (text) => parseAsset(text, asset),
    parseHash: (text) => (hash.test(text) ? text.toLowerCase() : undefined),
    selectProfile: (probes, stored) => selectProfile(config, probes, stored),
    canServe: (profile, probe) => isKnownProfile(profile) && (!isTold(profile) || tellsSpent(probe)),
    completeness: () => "complete",
    // What the genesis block makes can never be spent, and no coin came from elsewhere.
    startsAtZero: () => true,
    connect: (transport) => connectNode(nodeOptions, transport),
    listsOutputs: (profile) => !isTold(profile),
    listOutputs: (raw) => {
      if (isTold(raw.profile)) return undefined;
      const block = openRaw(raw, network);
      // Nobody looks for what a block spends before it is known to be the one that its header names.
      verifyAlone(block, network, mode);
      return listOutputs(block, network);
    },
    verify: (raw, spent) => {
      const block = openRaw(raw, network);
      return verifyBlock(block, network, mode, findSpent(raw, block, network, spent));
    },
    decode: (raw, spent) => {
      const block = openRaw(raw, network);
      const { outputs } = findSpent(raw, block, network, spent ?? []) as SpentKnowledge;
      return decodeBlock(block, outputs, network);
    },
    trailBlocks: mode === "off" ? 0 : trailBlocksOf(network),
    verifyTrail: (ref, trail, trailAt) => (mode === "off" ? [] : verifyTrail(ref, trail, trailAt, network)),
    spendableFrom: ({ coinbase, height }) => (coinbase ? matureFrom(height, network) : height),
    listPendingOutputs: (raw) => listPendingOutputs(raw, network),
    decodePending: (raw, spent) => decodePending(raw, spent, network),
  };
}

function readNetwork({ id }: ChainConfig, { signetChallenge }: BitcoinOptions): BitcoinNetwork {
  const network = findNetwork(id);
  if (network && signetChallenge === undefined) return network;
  if (network?.challenge !== undefined) return { ...network, challenge: signetChallenge?.toLowerCase() as string };
  if (network) {
    throw new HeadwaterError(
      "config-invalid",
      `chain ${id}: options.signetChallenge is for signets, not ${network.name}`,
    );
  }
  const known = NETWORKS.map((one) => `${one.id} (${one.name})`).join(", ");
  throw new HeadwaterError("config-invalid", `chain ${id}: not a network that the bitcoin plugin knows: ${known}`);
}

function buildInfo({ id }: ChainConfig, network: BitcoinNetwork, options: BitcoinOptions): ChainInfo {
  return {
    id,
    name: options.name ?? network.name,
    nativeAsset: nativeAsset(network),
    nativeInfo: { symbol: network.symbol, decimals: 8 },
    expectedIntervalMs: options.expectedIntervalMs ?? network.expectedIntervalMs,
    finality: { kind: "depth", ...(options.finalityDepth ?? DEFAULT_FINALITY) },
  };
}

function parseAsset(text: string, asset: Asset): Asset {
  if (text.toLowerCase() === asset) return asset;
  throw new HeadwaterError("invalid-asset", `${JSON.stringify(text.slice(0, 80))}: this chain has one asset, ${asset}`);
}

function tellsSpent({ capabilities }: NodeProbe): boolean {
  return SPENT_CAPABILITIES.some((word) => capabilities.includes(word));
}

/** An index from the first block knows every output itself; a later one needs nodes that tell of the earlier ones. */
function selectProfile({ id, index }: ChainConfig, probes: readonly NodeProbe[], stored: string | undefined): string {
  if (stored !== undefined && isKnownProfile(stored)) return stored;
  if (index.from === 0) return buildProfile(false);
  if (probes.some(tellsSpent)) return buildProfile(true);
  throw new HeadwaterError(
    "config-invalid",
    `chain ${id}: of ${probes.length} nodes none tells the outputs that blocks spend (getblock with verbosity 3, or an index of transactions), which an index that starts after block 0 needs; set index.from: 0`,
    { details: { chain: id, nodes: probes.length } },
  );
}

function findSpent(
  raw: RawBlock,
  block: BitcoinBlock,
  network: BitcoinNetwork,
  spent: SpentOutputs | undefined,
): SpentKnowledge | undefined {
  if (isTold(raw.profile)) return resolveTold(raw, block, network);
  return spent && { outputs: resolveFromLedger(block, network, spent), source: "ledger" };
}
