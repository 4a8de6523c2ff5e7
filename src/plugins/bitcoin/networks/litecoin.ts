import { BITCOIN } from "./bitcoin.ts";
import type { BitcoinNetwork, IntervalRetarget } from "./network.ts";

const COIN = 100_000_000n;

/** Three and a half days of two and a half minutes: 2016 blocks. */
const HALF_WEEK: IntervalRetarget = {
  kind: "interval",
  timespanSeconds: 302_400,
  spacingSeconds: 150,
  minDifficultyBlocks: false,
  fromFirstTarget: false,
  wholeInterval: true,
};

/** Heights and prefixes as Litecoin Core 0.21 has them. */
const LITECOIN: BitcoinNetwork = {
  ...BITCOIN,
  id: "bip122:12a765e31ffd4059bada1e25190f6e98",
  name: "Litecoin",
  symbol: "LTC",
  slip44: 2,
  genesisHash: "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2",
  splits: [],
  expectedIntervalMs: 150_000,
  // Version 5 is what script hashes had before; nodes still read it.
  addresses: { pubKeyHash: 48, scriptHash: 50, formerScriptHashes: [5], segwit: "ltc" },
  subsidy: { kind: "halving", initial: 50n * COIN, intervalBlocks: 840_000 },
  maxAmount: 84_000_000n * COIN,
  workHash: "scrypt",
  workLimit: 2n ** 236n - 1n,
  retarget: HALF_WEEK,
  coinbaseHeightFrom: 710_000,
  segwitFrom: 1_201_536,
  extensionBlocks: true,
  repeatedCoinbases: new Map(),
};

const LITECOIN_TESTNET: BitcoinNetwork = {
  ...LITECOIN,
  id: "bip122:4966625a4b2851d9fdee139e56211a0d",
  name: "Litecoin Testnet",
  symbol: "tLTC",
  slip44: 1,
  genesisHash: "4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0",
  addresses: { pubKeyHash: 111, scriptHash: 58, formerScriptHashes: [196], segwit: "tltc" },
  retarget: { ...HALF_WEEK, minDifficultyBlocks: true },
  coinbaseHeightFrom: 76,
  segwitFrom: 6_048,
};

const LITECOIN_REGTEST: BitcoinNetwork = {
  ...LITECOIN_TESTNET,
  id: "bip122:530827f38f93b43ed12af0b3ad25a288",
  name: "Litecoin Regtest",
  symbol: "rLTC",
  genesisHash: "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
  addresses: { ...LITECOIN_TESTNET.addresses, segwit: "rltc" },
  subsidy: { kind: "halving", initial: 50n * COIN, intervalBlocks: 150 },
  workLimit: 2n ** 255n - 1n,
  retarget: { kind: "none" },
  coinbaseHeightFrom: 500,
  segwitFrom: 0,
};

export const LITECOIN_NETWORKS: readonly BitcoinNetwork[] = [LITECOIN, LITECOIN_TESTNET, LITECOIN_REGTEST];
