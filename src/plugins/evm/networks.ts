import type { FinalityRule } from "../../core/contracts/plugin.ts";

/**
 * How a chain's blocks are hashed.
 * - `ethereum`: as Ethereum does; a hash that does not recompute is a violation.
 * - `other`: by rules of its own, so hashes and roots are not recomputed, and said not to be.
 * - `detect`: not known. A hash that recomputes has been verified; one that does not is a violation, unless the header
 *   carries fields that Ethereum's has not, in which case it cannot be Ethereum's and the check is skipped.
 */
export type HeaderRules = "ethereum" | "other" | "detect";

/**
 * Who gets a transaction's fee, and what it consists of. `none`: not known; the payer is charged what the receipt says,
 * which nothing checks, and nobody is credited.
 */
export type FeeRules = "ethereum" | "op-stack" | "arbitrum" | "polygon" | "none";

/** From this height (of blocks with a difficulty, that is before the merge) on, a block earns so many wei. */
export type BlockReward = { readonly fromHeight: number; readonly wei: bigint };

/** From this time (seconds since the epoch) on, blob gas is priced with this update fraction (EIP-4844, EIP-7691, EIP-7892). */
export type BlobFraction = { readonly fromTime: number; readonly fraction: bigint };

/** What is known of an EVM chain beyond what its nodes say. */
export type EvmNetwork = {
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
  /** The native coin's type in SLIP-44. */
  readonly slip44: number;
  readonly expectedIntervalMs: number;
  readonly headerRules: HeaderRules;
  /** Below this height blocks are hashed by other rules, whatever `headerRules` says. */
  readonly headerRulesFrom: number;
  readonly feeRules: FeeRules;
  readonly finality: FinalityRule;
  /** Blocks after which one is safe and final where a node knows no tags. */
  readonly finalityDepth: { readonly safe: number; readonly finalized: number };
  /** The first block of proof of stake. Absent where there is none. */
  readonly mergeHeight?: number;
  /** Ascending by height. Empty where blocks earn nothing but fees. */
  readonly rewards: readonly BlockReward[];
  /** Ascending by time. Empty where the schedule is not known. */
  readonly blobFractions: readonly BlobFraction[];
  /**
   * Wrapped native coins of the WETH9 kind, lower case: their `Deposit` and `Withdrawal` events change balances without a
   * `Transfer`.
   */
  readonly wrappedNative: readonly string[];
};

const ETHER = 10n ** 18n;

const ETHEREUM: EvmNetwork = {
  name: "Ethereum",
  symbol: "ETH",
  decimals: 18,
  slip44: 60,
  expectedIntervalMs: 12_000,
  headerRules: "ethereum",
  headerRulesFrom: 0,
  feeRules: "ethereum",
  finality: { kind: "tags" },
  finalityDepth: { safe: 32, finalized: 64 },
  rewards: [],
  blobFractions: [],
  wrappedNative: [],
};

const OP_STACK: EvmNetwork = {
  ...ETHEREUM,
  expectedIntervalMs: 2_000,
  feeRules: "op-stack",
  // A sequencer's block is as final as its batch on the layer below: some minutes for safe, about half an hour for final.
  finalityDepth: { safe: 300, finalized: 1_200 },
  wrappedNative: ["0x4200000000000000000000000000000000000006"],
};

// Headers and state of the classic chain below Nitro's first block were carried over without recomputable hashes.
const ARBITRUM: EvmNetwork = {
  ...ETHEREUM,
  expectedIntervalMs: 250,
  feeRules: "arbitrum",
  finalityDepth: { safe: 2_400, finalized: 9_600 },
};

// Update fractions of EIP-4844, EIP-7691 and the two blob-parameter forks that followed Fusaka (EIP-7892).
const CANCUN = 3_338_477n;
const PRAGUE = 5_007_716n;
const BPO1 = 8_346_193n;
const BPO2 = 11_684_671n;

function blobFractions(cancun: number, prague: number, bpo1: number, bpo2: number): readonly BlobFraction[] {
  return [
    { fromTime: cancun, fraction: CANCUN },
    { fromTime: prague, fraction: PRAGUE },
    { fromTime: bpo1, fraction: BPO1 },
    { fromTime: bpo2, fraction: BPO2 },
  ];
}

const NETWORKS: Readonly<Record<number, EvmNetwork>> = {
  1: {
    ...ETHEREUM,
    mergeHeight: 15_537_394,
    rewards: [
      { fromHeight: 0, wei: 5n * ETHER },
      { fromHeight: 4_370_000, wei: 3n * ETHER },
      { fromHeight: 7_280_000, wei: 2n * ETHER },
    ],
    blobFractions: blobFractions(1_710_338_135, 1_746_612_311, 1_765_290_071, 1_767_747_671),
    wrappedNative: ["0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"],
  },
  3: {
    ...ETHEREUM,
    name: "Ropsten",
    rewards: [
      { fromHeight: 0, wei: 5n * ETHER },
      { fromHeight: 1_700_000, wei: 3n * ETHER },
      { fromHeight: 4_230_000, wei: 2n * ETHER },
    ],
  },
  5: { ...ETHEREUM, name: "Goerli", expectedIntervalMs: 12_000 },
  11155111: {
    ...ETHEREUM,
    name: "Sepolia",
    mergeHeight: 1_450_409,
    rewards: [{ fromHeight: 0, wei: 2n * ETHER }],
    blobFractions: blobFractions(1_706_655_072, 1_741_159_776, 1_761_017_184, 1_761_607_008),
    wrappedNative: ["0xfff9976782d46cc05630d1f6ebab18b2324d6b14"],
  },
  17000: {
    ...ETHEREUM,
    name: "Holesky",
    mergeHeight: 0,
    blobFractions: blobFractions(1_707_305_664, 1_740_434_112, 1_759_800_000, 1_760_389_824),
    wrappedNative: ["0x94373a4919b3240d86ea41593d5eba789fef3848"],
  },
  560048: {
    ...ETHEREUM,
    name: "Hoodi",
    mergeHeight: 0,
    blobFractions: blobFractions(0, 1_742_999_832, 1_762_365_720, 1_762_955_544),
  },
  10: { ...OP_STACK, name: "OP Mainnet" },
  420: { ...OP_STACK, name: "OP Goerli" },
  11155420: { ...OP_STACK, name: "OP Sepolia" },
  8453: { ...OP_STACK, name: "Base" },
  84531: { ...OP_STACK, name: "Base Goerli" },
  84532: { ...OP_STACK, name: "Base Sepolia" },
  130: { ...OP_STACK, name: "Unichain", expectedIntervalMs: 1_000 },
  480: { ...OP_STACK, name: "World Chain" },
  7777777: { ...OP_STACK, name: "Zora" },
  42161: { ...ARBITRUM, name: "Arbitrum One", headerRulesFrom: 22_207_817 },
  42170: { ...ARBITRUM, name: "Arbitrum Nova" },
  421614: { ...ARBITRUM, name: "Arbitrum Sepolia" },
  137: {
    ...ETHEREUM,
    name: "Polygon",
    symbol: "POL",
    slip44: 966,
    expectedIntervalMs: 2_000,
    feeRules: "polygon",
    finalityDepth: { safe: 64, finalized: 256 },
    wrappedNative: ["0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270"],
  },
  80002: {
    ...ETHEREUM,
    name: "Polygon Amoy",
    symbol: "POL",
    slip44: 966,
    expectedIntervalMs: 2_000,
    feeRules: "polygon",
    finalityDepth: { safe: 64, finalized: 256 },
  },
  100: {
    ...ETHEREUM,
    name: "Gnosis",
    symbol: "xDAI",
    slip44: 700,
    expectedIntervalMs: 5_000,
    // Headers of the authority round before the merge are sealed with a step and a signature instead of mix hash and nonce.
    headerRulesFrom: 25_349_537,
    mergeHeight: 25_349_537,
    // The base fee goes to a collector rather than being burnt.
    feeRules: "none",
    wrappedNative: ["0xe91d153e0b41518a2ce8dd3d7944fa863463a97d"],
  },
  56: {
    ...ETHEREUM,
    name: "BNB Smart Chain",
    symbol: "BNB",
    slip44: 714,
    expectedIntervalMs: 750,
    // Fees go to a system contract that divides them.
    feeRules: "none",
    headerRules: "detect",
    finalityDepth: { safe: 15, finalized: 30 },
    wrappedNative: ["0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c"],
  },
  43114: {
    ...ETHEREUM,
    name: "Avalanche C-Chain",
    symbol: "AVAX",
    slip44: 9005,
    expectedIntervalMs: 2_000,
    headerRules: "other",
    feeRules: "none",
    finalityDepth: { safe: 1, finalized: 1 },
    wrappedNative: ["0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7"],
  },
  250: {
    ...ETHEREUM,
    name: "Fantom Opera",
    symbol: "FTM",
    slip44: 1007,
    expectedIntervalMs: 1_000,
    headerRules: "other",
    feeRules: "none",
    finalityDepth: { safe: 1, finalized: 1 },
  },
  25: {
    ...ETHEREUM,
    name: "Cronos",
    symbol: "CRO",
    slip44: 394,
    expectedIntervalMs: 600,
    headerRules: "other",
    feeRules: "none",
    finalityDepth: { safe: 1, finalized: 1 },
  },
  324: {
    ...ETHEREUM,
    name: "ZKsync Era",
    expectedIntervalMs: 1_000,
    headerRules: "other",
    feeRules: "none",
    finalityDepth: { safe: 600, finalized: 10_800 },
  },
  999: {
    ...ETHEREUM,
    name: "HyperEVM",
    symbol: "HYPE",
    slip44: 2457,
    expectedIntervalMs: 1_000,
    headerRules: "detect",
    feeRules: "none",
    finalityDepth: { safe: 1, finalized: 1 },
  },
  1337: { ...ETHEREUM, name: "Development chain 1337", expectedIntervalMs: 1_000 },
  31337: { ...ETHEREUM, name: "Development chain 31337", expectedIntervalMs: 1_000 },
};

/**
 * What is known of the chain with this EIP-155 id. For a chain that is not in the table: Ethereum's fees, 12 seconds
 * between blocks and `detect` for its headers, all of which its configuration may say otherwise.
 */
export function findNetwork(chainId: number): EvmNetwork {
  return NETWORKS[chainId] ?? { ...ETHEREUM, name: `eip155:${chainId}`, headerRules: "detect" };
}
