import type { Lockout, Tower } from "./bank.ts";

/** Votes that may stand on each other before the lowest becomes the root. */
const MAX_LOCKOUTS = 31;

/** A validator's votes after one more for a slot, by the rules of Tower BFT: what expired goes, what is confirmed counts double. */
export function castVote({ root, lockouts }: Tower, slot: number): Tower {
  const live = [...lockouts];
  for (let last = live.at(-1); last && last.slot + 2 ** last.confirmations < slot; last = live.at(-1)) live.pop();
  let newRoot = root;
  if (live.length === MAX_LOCKOUTS) newRoot = live.shift()?.slot;
  live.push({ slot, confirmations: 1 });
  const doubled: Lockout[] = live.map((each, i) => {
    const isDoubled = live.length > i + each.confirmations;
    return isDoubled ? { ...each, confirmations: each.confirmations + 1 } : each;
  });
  return { root: newRoot, lockouts: doubled };
}
