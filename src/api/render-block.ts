import type { BlockRef } from "../core/model.ts";
import type { BlockRefAnswer } from "./schemas/blocks.ts";

/** ISO 8601 in UTC. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function renderBlockRef(ref: BlockRef): BlockRefAnswer {
  const { height, hash, parentHash, parentHeight, time } = ref;
  return { height, hash, parentHash, parentHeight, time: formatTime(time) };
}
