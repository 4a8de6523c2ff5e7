import type { ChainId } from "../../../core/caip.ts";
import { BITCOIN_NETWORKS } from "./bitcoin.ts";
import { BITCOIN_CASH } from "./bitcoin-cash.ts";
import { DOGECOIN_NETWORKS } from "./dogecoin.ts";
import { LITECOIN_NETWORKS } from "./litecoin.ts";
import type { BitcoinNetwork } from "./network.ts";

/** Every network of the family that is known. */
export const NETWORKS: readonly BitcoinNetwork[] = [
  ...BITCOIN_NETWORKS,
  ...LITECOIN_NETWORKS,
  ...DOGECOIN_NETWORKS,
  BITCOIN_CASH,
];

const byId = new Map(NETWORKS.map((network) => [network.id, network]));

/** The network with the CAIP-2 id, or undefined: of a network that is not listed nothing can be assumed. */
export function findNetwork(id: ChainId): BitcoinNetwork | undefined {
  return byId.get(id);
}
