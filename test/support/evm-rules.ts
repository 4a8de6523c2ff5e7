import type { LedgerRules } from "../../src/plugins/evm/ledger-rules.ts";

const ETHER = 10n ** 18n;

/** Ethereum mainnet's rules, without wrapped coins, written down apart from the plugin's own table. */
export const mainnetRules: LedgerRules = {
  nativeAsset: "slip44:60",
  fees: "ethereum",
  rewards: [
    { fromHeight: 0, wei: 5n * ETHER },
    { fromHeight: 4_370_000, wei: 3n * ETHER },
    { fromHeight: 7_280_000, wei: 2n * ETHER },
  ],
  wrappers: new Set(),
};

export const ropstenRules: LedgerRules = {
  ...mainnetRules,
  nativeAsset: "slip44:1",
  rewards: [
    { fromHeight: 0, wei: 5n * ETHER },
    { fromHeight: 1_700_000, wei: 3n * ETHER },
    { fromHeight: 4_230_000, wei: 2n * ETHER },
  ],
};

export const opStackRules: LedgerRules = { ...mainnetRules, fees: "op-stack", rewards: [] };

/** A chain of which only the tokens are understood. */
export const unknownRules: LedgerRules = { ...mainnetRules, fees: "none", rewards: [] };
