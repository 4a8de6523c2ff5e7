import type { BitcoinNetwork, IntervalRetarget } from "./network.ts";

const COIN = 100_000_000n;

/** Two weeks of ten minutes: 2016 blocks. */
const TWO_WEEKS: IntervalRetarget = {
  kind: "interval",
  timespanSeconds: 14 * 24 * 60 * 60,
  spacingSeconds: 600,
  minDifficultyBlocks: false,
  fromFirstTarget: false,
  wholeInterval: false,
};

/** Bitcoin's main network. Heights are of the blocks where the rules became active, as Bitcoin Core has them buried. */
export const BITCOIN: BitcoinNetwork = {
  id: "bip122:000000000019d6689c085ae165831e93",
  name: "Bitcoin",
  symbol: "BTC",
  slip44: 0,
  genesisHash: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
  splits: [{ height: 478_559, hash: "00000000000000000019f112ec0a9982926f1258cdcc558dd7c3b7e5dc7fa148" }],
  expectedIntervalMs: 600_000,
  addresses: { pubKeyHash: 0, scriptHash: 5, formerScriptHashes: [], segwit: "bc" },
  subsidy: { kind: "halving", initial: 50n * COIN, intervalBlocks: 210_000 },
  maxAmount: 21_000_000n * COIN,
  workHash: "sha256d",
  workLimit: 2n ** 224n - 1n,
  retarget: TWO_WEEKS,
  coinbaseHeightFrom: 227_931,
  segwitFrom: 481_824,
  extensionBlocks: false,
  cashTokens: false,
  scriptHash32: false,
  maxBlockBytes: 1_000_000,
  maturity: [{ fromHeight: 0, blocks: 100 }],
  repeatedCoinbases: new Map([
    [91_842, "d5d27987d2a3dfc724e359870c6644b40e497bdc0589a033220fe15429d88599"],
    [91_880, "e3bf3d07d4b0375638d5f1db5255fe07ba2c4cb067cd81b84ee974b6585fb468"],
  ]),
};

const TEST_NETWORK: BitcoinNetwork = {
  ...BITCOIN,
  slip44: 1,
  splits: [],
  addresses: { pubKeyHash: 111, scriptHash: 196, formerScriptHashes: [], segwit: "tb" },
  repeatedCoinbases: new Map(),
};

const BITCOIN_TESTNET3: BitcoinNetwork = {
  ...TEST_NETWORK,
  id: "bip122:000000000933ea01ad0ee984209779ba",
  name: "Bitcoin Testnet3",
  symbol: "tBTC",
  genesisHash: "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
  retarget: { ...TWO_WEEKS, minDifficultyBlocks: true },
  coinbaseHeightFrom: 21_111,
  segwitFrom: 834_624,
};

const BITCOIN_TESTNET4: BitcoinNetwork = {
  ...TEST_NETWORK,
  id: "bip122:00000000da84f2bafbbc53dee25a72ae",
  name: "Bitcoin Testnet4",
  symbol: "tBTC",
  genesisHash: "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
  retarget: { ...TWO_WEEKS, minDifficultyBlocks: true, fromFirstTarget: true },
  coinbaseHeightFrom: 1,
  segwitFrom: 1,
};

const BITCOIN_SIGNET: BitcoinNetwork = {
  ...TEST_NETWORK,
  id: "bip122:00000008819873e925422c1ff0f99f7c",
  name: "Bitcoin Signet",
  symbol: "sBTC",
  genesisHash: "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
  workLimit: 0x377aen << 216n,
  coinbaseHeightFrom: 1,
  segwitFrom: 1,
  // One of the two keys of the public signet's keepers. Others, with their own, share its genesis block.
  challenge:
    "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430" +
    "210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae",
};

const BITCOIN_REGTEST: BitcoinNetwork = {
  ...TEST_NETWORK,
  id: "bip122:0f9188f13cb7b2c71f2a335e3a4fc328",
  name: "Bitcoin Regtest",
  symbol: "rBTC",
  genesisHash: "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  addresses: { ...TEST_NETWORK.addresses, segwit: "bcrt" },
  subsidy: { kind: "halving", initial: 50n * COIN, intervalBlocks: 150 },
  workLimit: 2n ** 255n - 1n,
  retarget: { kind: "none" },
  coinbaseHeightFrom: 1,
  segwitFrom: 0,
};

export const BITCOIN_NETWORKS: readonly BitcoinNetwork[] = [
  BITCOIN,
  BITCOIN_TESTNET3,
  BITCOIN_TESTNET4,
  BITCOIN_SIGNET,
  BITCOIN_REGTEST,
];
