import type { BlockRef } from "../../src/core/model.ts";

/** A header of a branch that is named by letters: `7a` at height 7 of branch a, on `6a` unless another parent is given. */
export function header(name: string, parent?: string, time = 0): BlockRef {
  const height = heightOf(name);
  const below = parent ?? `${height - 1}${name.replace(/^\d+/, "")}`;
  return { height, hash: name, parentHash: below, parentHeight: heightOf(below), time };
}

function heightOf(name: string): number {
  return Number(/^\d+/.exec(name)?.[0] ?? -1);
}
