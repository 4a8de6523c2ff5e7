import { BITCOIN } from "./bitcoin.ts";
import type { BitcoinNetwork } from "./network.ts";

const COIN = 100_000_000n;

/** What Dogecoin has of its own: no witnesses, merged mining, a supply without an end. As Dogecoin Core 1.14 has it. */
const { segwitFrom: _segwitFrom, ...WITHOUT_WITNESSES } = BITCOIN;

const DOGECOIN: BitcoinNetwork = {
  ...WITHOUT_WITNESSES,
  id: "bip122:1a91e3dace36e2be3bf030a65679fe82",
  name: "Dogecoin",
  symbol: "DOGE",
  slip44: 3,
  genesisHash: "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691",
  splits: [],
  expectedIntervalMs: 60_000,
  addresses: { pubKeyHash: 30, scriptHash: 22, formerScriptHashes: [] },
  subsidy: {
    kind: "drawn",
    fixedFrom: 145_000,
    initial: 500_000n * COIN,
    intervalBlocks: 100_000,
    last: 10_000n * COIN,
  },
  // A cap on one amount; there is none on the supply.
  maxAmount: 10_000_000_000n * COIN,
  workHash: "scrypt",
  workLimit: 2n ** 236n - 1n,
  // The fork of height 145,000 shows in the target of the block after it.
  retarget: { kind: "digishield", spacingSeconds: 60, fromHeight: 145_001 },
  auxPow: { chainId: 0x62, fromHeight: 371_337, strictChainId: true },
  coinbaseHeightFrom: 1_034_383,
  maturity: [
    { fromHeight: 0, blocks: 30 },
    { fromHeight: 145_000, blocks: 240 },
  ],
  repeatedCoinbases: new Map(),
};

const DOGECOIN_TESTNET: BitcoinNetwork = {
  ...DOGECOIN,
  id: "bip122:bb0a78264637406b6360aad926284d54",
  name: "Dogecoin Testnet",
  symbol: "tDOGE",
  slip44: 1,
  genesisHash: "bb0a78264637406b6360aad926284d544d7049f45189db5664f3c4d07350559e",
  addresses: { pubKeyHash: 113, scriptHash: 196, formerScriptHashes: [] },
  // Slow blocks may have the easiest target here, by rules that changed three times with the height.
  retarget: { kind: "unlisted" },
  auxPow: { chainId: 0x62, fromHeight: 158_100, strictChainId: false },
  coinbaseHeightFrom: 708_658,
};

export const DOGECOIN_NETWORKS: readonly BitcoinNetwork[] = [DOGECOIN, DOGECOIN_TESTNET];
