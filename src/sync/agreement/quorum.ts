import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { Voice } from "../../core/contracts/records.ts";
import type { PoolNode } from "../pool/pool-node.ts";

/** What it takes to be believed: so many operators, from so many regions. */
export type Quorum = { readonly operators: number; readonly regions: number };

/** A node as it stands in votes and evidence. */
export function voiceOf({ config }: { readonly config: Pick<NodeConfig, "name" | "operator" | "region"> }): Voice {
  return { node: config.name, operator: config.operator, region: config.region };
}

/** Operators and regions behind something. Many nodes of one operator are one voice. */
export function countVoices(voices: readonly Pick<Voice, "operator" | "region">[]): Quorum {
  return {
    operators: new Set(voices.map(({ operator }) => operator)).size,
    regions: new Set(voices.map(({ region }) => region)).size,
  };
}

export function isQuorate(voices: Quorum, required: Quorum): boolean {
  return voices.operators >= required.operators && voices.regions >= required.regions;
}

/**
 * The last moment by which enough operators had told their tips: the oldest of the words that it takes, milliseconds since
 * the Unix epoch. Undefined while too few have said anything.
 * @param nodes those that have a vote
 */
export function quorumHeardAt(nodes: readonly PoolNode[], required: Quorum): number | undefined {
  const heard = nodes
    .filter(({ seenAt }) => seenAt !== undefined)
    .sort((a, b) => (b.seenAt as number) - (a.seenAt as number));
  for (let count = 1; count <= heard.length; count++) {
    if (isQuorate(countVoices(heard.slice(0, count).map(({ config }) => config)), required))
      return heard[count - 1]?.seenAt;
  }
  return undefined;
}
