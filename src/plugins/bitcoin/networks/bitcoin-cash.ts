import { BITCOIN } from "./bitcoin.ts";
import type { BitcoinNetwork } from "./network.ts";

const { segwitFrom: _segwitFrom, ...WITHOUT_WITNESSES } = BITCOIN;

/**
 * Bitcoin Cash shares Bitcoin's blocks up to height 478,558. Its CAIP-2 id is therefore the hash of the first block that is
 * its own, as the namespace's convention for split chains has it.
 */
export const BITCOIN_CASH: BitcoinNetwork = {
  ...WITHOUT_WITNESSES,
  id: "bip122:000000000000000000651ef99cb9fcbe",
  name: "Bitcoin Cash",
  symbol: "BCH",
  slip44: 145,
  splits: [
    { height: 478_559, hash: "000000000000000000651ef99cb9fcbe0dadde1d424bd9f15ff20136191a5eec" },
    { height: 556_767, hash: "0000000000000000004626ff6e3b936941d341c5932ece4357eeccac44e6d56c" },
  ],
  addresses: { pubKeyHash: 0, scriptHash: 5, formerScriptHashes: [], cash: "bitcoincash" },
  retarget: {
    kind: "asert",
    spacingSeconds: 600,
    halfLifeSeconds: 2 * 24 * 60 * 60,
    anchor: { height: 661_647, bits: 0x1804dafe, parentTime: 1_605_447_844 },
  },
  cashTokens: true,
  scriptHash32: true,
  // The upgrade of November 2018 brought the canonical transaction order.
  sortedFrom: 556_767,
  maxBlockBytes: 32_000_000,
  // Since the upgrade of May 2024 the limit grows with the blocks (CHIP-2023-04-ABLA).
  elasticSizeFrom: 845_890,
};
