import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainInfo, NodeProbe } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { parseAccount } from "./account.ts";
import { parseAsset } from "./assets.ts";
import { decodeBlock, NATIVE_ASSET } from "./decode/decode-block.ts";
import { decodeBase58 } from "./keys.ts";
import { clusterName, isClusterId } from "./networks.ts";
import { connectNode } from "./node.ts";
import { readOptions, type SolanaOptions } from "./options.ts";
import { PROCESSED_CAPABILITY } from "./probe.ts";
import { buildProfile, type VoteRule, voteRuleOf } from "./profile.ts";
import { openRaw } from "./raw-block.ts";
import { NATIVE_INFO } from "./token-info.ts";
import { verifyBlock } from "./verify/verify-block.ts";

const DEFAULT_INGESTION_LAG_SLOTS = 100;
const EXPECTED_INTERVAL_MS = 400;
/** A block's hash is 32 bytes, a transaction's first signature, which is its id, 64. */
const HASH_BYTES: ReadonlySet<number | undefined> = new Set([32, 64]);

/**
 * A Solana cluster: the public ones, and any other by its genesis block's hash. Heights are slots. Assets are `slip44:501` and
 * `token:<mint>`; accounts are public keys, and what their token accounts hold is theirs.
 * @throws HeadwaterError `config-invalid`
 */
export function openChain(config: ChainConfig): Chain {
  if (!isClusterId(config.id)) {
    const expected = "solana:<the first 32 characters of the genesis block's hash>";
    throw new HeadwaterError("config-invalid", `chain ${config.id}: a solana chain has an id of the form ${expected}`);
  }
  const options = readOptions(config);
  const mode = config.index.verify;
  const wantsProcessed = options.commitment === "processed";
  const nodeOptions = {
    wantsProcessed,
    wantsSignatures: mode === "full",
    ingestionLagSlots: options.ingestionLagSlots ?? DEFAULT_INGESTION_LAG_SLOTS,
  };
  return {
    info: buildInfo(config, options),
    parseAccount,
    formatAccount: (account) => account,
    parseAsset,
    parseHash: (text) => (HASH_BYTES.has(decodeBase58(text)?.length) ? text : undefined),
    selectProfile: (probes, stored) => {
      if (wantsProcessed && stored === undefined) assertProcessed(config, probes);
      return selectProfile(config, options, stored);
    },
    canServe: (profile) => voteRuleOf(profile) !== undefined,
    completeness: () => "complete",
    // Genesis allots lamports, test validators tokens as well, and the blocks of the first year do not tell of tokens.
    startsAtZero: () => false,
    connect: (transport) => connectNode(nodeOptions, transport),
    verify: (raw) => verifyBlock(openRaw(raw), mode),
    decode: (raw) => decodeBlock(openRaw(raw), voteRuleOf(raw.profile) ?? "by-programs"),
    // A block's hash comes out of the proof of history, which nodes do not give with a block.
    provesContent: () => false,
  };
}

function buildInfo({ id }: ChainConfig, { name, expectedIntervalMs }: SolanaOptions): ChainInfo {
  return {
    id,
    name: name ?? clusterName(id),
    nativeAsset: NATIVE_ASSET,
    nativeInfo: NATIVE_INFO,
    expectedIntervalMs: expectedIntervalMs ?? EXPECTED_INTERVAL_MS,
    finality: { kind: "tags" },
  };
}

/** Votes are kept or left out as the options say. How they are told from other transactions stays as it is stored. */
function selectProfile({ index }: ChainConfig, { votes }: SolanaOptions, stored: string | undefined): string {
  const rule: VoteRule = votes ? "kept" : index.verify === "full" ? "by-programs" : "by-accounts";
  const known = stored === undefined ? undefined : voteRuleOf(stored);
  return buildProfile(known !== undefined && (known === "kept") === (rule === "kept") ? known : rule);
}

function assertProcessed({ id }: ChainConfig, probes: readonly NodeProbe[]): void {
  if (probes.some(({ capabilities }) => capabilities.includes(PROCESSED_CAPABILITY))) return;
  throw new HeadwaterError(
    "config-invalid",
    `chain ${id}: options.commitment is processed, but of ${probes.length} nodes none gives blocks before they are confirmed (Agave's getBlock refuses it)`,
    { details: { chain: id, nodes: probes.length } },
  );
}
