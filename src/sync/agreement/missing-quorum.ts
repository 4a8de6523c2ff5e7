import type { PoolNode } from "../pool/pool-node.ts";
import { countVoices, isQuorate } from "./quorum.ts";
import type { Standing } from "./standing.ts";

/**
 * Why no block can be agreed on at this moment, for people: which operators are missing and what is wrong with their nodes,
 * or who stands where. Undefined where enough operators agree on some block.
 */
export function describeMissingQuorum(nodes: readonly PoolNode[], standing: Standing): string | undefined {
  const { quorum } = standing;
  const heard = nodes.filter(({ mayVote, tips }) => mayVote && tips);
  const voices = countVoices(heard.map(({ config }) => config));
  const needs = `${quorum.operators} ${quorum.operators === 1 ? "operator" : "operators"} from ${quorum.regions} ${quorum.regions === 1 ? "region" : "regions"}`;
  if (!isQuorate(voices, quorum)) {
    const missing = nodes.filter((node) => !heard.includes(node)).map(describe);
    const who = missing.length > 0 ? `: ${missing.join("; ")}` : "";
    return `the chain needs ${needs}, ${voices.operators} from ${voices.regions} are heard${who}`;
  }
  if (standing.agreed) return undefined;
  const stands = heard.map(({ config, tips }) => `${config.operator} on ${tips?.tip.height} ${tips?.tip.hash}`);
  return `no block has ${needs} behind it: ${stands.join("; ")}`;
}

function describe({ config, causes }: PoolNode): string {
  return `${config.operator} (${config.name}): ${[...causes].join(", ") || "no answer yet"}`;
}
