import type { PoolNode } from "../pool/pool-node.ts";

/** What it takes to be believed: so many operators, from so many regions. */
export type Quorum = { readonly operators: number; readonly regions: number };

/** Operators and regions behind something. Many nodes of one operator are one voice. */
export function countVoices(nodes: readonly PoolNode[]): Quorum {
  return {
    operators: new Set(nodes.map(({ config }) => config.operator)).size,
    regions: new Set(nodes.map(({ config }) => config.region)).size,
  };
}

export function isQuorate(voices: Quorum, required: Quorum): boolean {
  return voices.operators >= required.operators && voices.regions >= required.regions;
}
