/** A cluster that is known by name. The id is the first 32 characters of its genesis block's hash (CAIP-2, `solana`). */
type Cluster = { readonly id: string; readonly name: string };

export const CLUSTERS: readonly Cluster[] = [
  { id: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", name: "Solana" },
  { id: "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", name: "Solana Devnet" },
  { id: "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z", name: "Solana Testnet" },
];

const idPattern = /^solana:[1-9A-HJ-NP-Za-km-z]{32}$/;

/** Whether the text can be the id of a cluster, also of one that nobody else has, like a test validator's. */
export function isClusterId(id: string): boolean {
  return idPattern.test(id);
}

/** The id of the cluster whose genesis block has the hash. */
export function clusterIdOf(genesisHash: string): string {
  return `solana:${genesisHash.slice(0, 32)}`;
}

/** The cluster's name, or its id where it is not a known one. */
export function clusterName(id: string): string {
  return CLUSTERS.find((cluster) => cluster.id === id)?.name ?? id;
}
