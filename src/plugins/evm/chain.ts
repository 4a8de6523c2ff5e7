import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainInfo, NodeProbe } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Asset } from "../../core/model.ts";
import { formatAccount, parseAccount } from "./account.ts";
import { parseAsset } from "./assets.ts";
import { decodeBlock } from "./decode.ts";
import { type LedgerRules, tellsAllNative } from "./ledger-rules.ts";
import { isNativeFace } from "./native-faces.ts";
import { type EvmNetwork, findNetwork } from "./networks.ts";
import { connectNode, MULTICALL3_ADDRESS } from "./node.ts";
import { type EvmOptions, readOptions } from "./options.ts";
import { buildProfile, isKnownProfile, seesTraces, TRACES_CAPABILITY } from "./profile.ts";
import { StateRoots } from "./proof/state-roots.ts";
import { TokenLayouts } from "./proof/token-layouts.ts";
import { verifyBlock } from "./verify.ts";

const hash = /^0x[0-9a-fA-F]{64}$/;

/** Chains whose genesis carried the contracts of an earlier chain over, tokens and all: OP Mainnet. */
const REGENESIS: ReadonlySet<number> = new Set([10]);

/**
 * An EVM chain: what is known of its network, with what its options say otherwise. Assets are `slip44:<coin>`,
 * `erc20:0x…`, `erc721:0x…/<id>` and `erc1155:0x…/<id>`, accounts lower-case addresses.
 * @throws HeadwaterError `config-invalid`
 */
export function openChain(config: ChainConfig): Chain {
  const chainId = readChainId(config.id);
  const options = readOptions(config);
  const network = applyOptions(findNetwork(chainId), options);
  const info = buildInfo(config, network, options);
  const rules = buildRules(config, network, options, info.nativeAsset);
  const tracing = options.trace === "call" || (options.trace === "auto" && tellsAllNative(rules));
  const { multicall = MULTICALL3_ADDRESS } = options;
  const nodeOptions = {
    tryTraces: tracing,
    unclesBelow: rules.rewards.length === 0 ? 0 : (network.mergeHeight ?? Number.POSITIVE_INFINITY),
    multicall: multicall === "none" ? null : multicall.toLowerCase(),
    ...(options.proofs !== "off" &&
      network.headerRules !== "other" && {
        proofs: { roots: new StateRoots(network), layouts: new TokenLayouts() },
      }),
  };
  return {
    info,
    parseAccount,
    formatAccount,
    parseAsset: (text) => parseAsset(text, info.nativeAsset),
    parseHash: (text) => (hash.test(text) ? text.toLowerCase() : undefined),
    selectProfile: (probes, stored) => selectProfile(config, options.trace, tracing, probes, stored),
    canServe: (profile, probe) => isKnownProfile(profile) && (!seesTraces(profile) || canTrace(probe)),
    completeness: (asset, profile) => {
      if (asset === info.nativeAsset) return seesTraces(profile) && tellsAllNative(rules) ? "complete" : "partial";
      return isNativeFace(asset) ? "partial" : "complete";
    },
    // Genesis files allot the native coin; contracts and their tokens come later.
    startsAtZero: (asset) => asset !== info.nativeAsset && !isNativeFace(asset) && !REGENESIS.has(chainId),
    connect: (transport) => connectNode(nodeOptions, transport),
    verify: (raw) => verifyBlock(raw, config.index.verify, network),
    decode: (raw) => decodeBlock(raw, rules),
  };
}

function readChainId(id: string): number {
  const chainId = /^eip155:(0|[1-9][0-9]{0,15})$/.exec(id)?.[1];
  if (chainId !== undefined && Number.isSafeInteger(Number(chainId))) return Number(chainId);
  throw new HeadwaterError("config-invalid", `chain ${id}: an evm chain has an id of the form eip155:<number>`);
}

function applyOptions(network: EvmNetwork, options: EvmOptions): EvmNetwork {
  const { headerRules, feeRules, wrappedNative } = options;
  return {
    ...network,
    // Whoever names the rules means them for every block.
    ...(headerRules && { headerRules, headerRulesFrom: 0 }),
    ...(feeRules && { feeRules }),
    ...(wrappedNative && { wrappedNative: wrappedNative.map((address) => address.toLowerCase()) }),
  };
}

function buildInfo({ id }: ChainConfig, network: EvmNetwork, options: EvmOptions): ChainInfo {
  const { finalityDepth } = options;
  return {
    id,
    name: options.name ?? network.name,
    nativeAsset: `slip44:${options.slip44 ?? network.slip44}`,
    nativeInfo: {
      symbol: options.nativeSymbol ?? network.symbol,
      decimals: options.nativeDecimals ?? network.decimals,
    },
    expectedIntervalMs: options.expectedIntervalMs ?? network.expectedIntervalMs,
    finality: finalityDepth ? { kind: "depth", ...finalityDepth } : network.finality,
  };
}

function buildRules(config: ChainConfig, network: EvmNetwork, options: EvmOptions, nativeAsset: Asset): LedgerRules {
  // A chain of which the table does not know may give its fees to anybody: that has to be said by its options.
  const unlisted = network.name === config.id;
  return {
    nativeAsset,
    fees: unlisted ? (options.feeRules ?? "none") : network.feeRules,
    rewards: network.rewards,
    wrappers: new Set(network.wrappedNative),
  };
}

function canTrace({ capabilities }: NodeProbe): boolean {
  return capabilities.includes(TRACES_CAPABILITY);
}

function selectProfile(
  config: ChainConfig,
  trace: EvmOptions["trace"],
  tracing: boolean,
  probes: readonly NodeProbe[],
  stored: string | undefined,
): string {
  const possible = probes.some(canTrace);
  if (trace === "off") return buildProfile(false);
  if (trace === "auto")
    return stored !== undefined && isKnownProfile(stored) ? stored : buildProfile(tracing && possible);
  // With a store written so, nodes that cannot trace today are a matter of waiting and not of the configuration.
  if (possible || stored === buildProfile(true)) return buildProfile(true);
  throw new HeadwaterError(
    "config-invalid",
    `chain ${config.id}: options.trace is call, but of ${probes.length} nodes none offers debug_traceBlock with callTracer and prestateTracer`,
    { details: { chain: config.id, nodes: probes.length } },
  );
}
