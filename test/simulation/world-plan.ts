import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { HonestChain, SimulatedFamily } from "./family.ts";

/** How fast blocks come: as the chain's plugin expects, or in bursts of more than one a poll. */
const INTERVALS_MS = [1_000, 400, 400];
export const OPERATORS = 5;

/** A node stands on this chain from this moment on. */
export type Move = { readonly at: number; readonly node: number; readonly chain: HonestChain };

/** What really happens on the honest chain, whatever the faulty nodes tell of it. */
export type WorldPlan = {
  readonly start: number;
  readonly intervalMs: number;
  readonly first: HonestChain;
  /** In the order of time. */
  readonly moves: readonly Move[];
  /** The chain on which all honest nodes end. */
  readonly last: HonestChain;
  /** Heights of which honest nodes saw two blocks. */
  readonly contested: ReadonlySet<number>;
};

export type WorldOptions = {
  readonly nodes: number;
  readonly blocks: number;
  /** Whether honest nodes at times follow short branches of their own. */
  readonly branches: boolean;
  /** The longest time that a block takes from the first honest node to the last, milliseconds. */
  readonly spreadMs: number;
};

export function planWorld(random: SeededRandom, family: SimulatedFamily, options: WorldOptions): WorldPlan {
  const start = Date.UTC(2026, 0, 1);
  const intervalMs = random.pick(INTERVALS_MS);
  const first = family.build(random.integer(1, 12), start, intervalMs);
  const moves: Move[] = [];
  const contested = new Set<number>();
  let chain = first;
  let at = start;
  // At times the whole chain stands still for longer than its budget: then nothing may be called synced.
  const haltAt = random.integer(1, 25) === 1 ? random.integer(5, options.blocks - 5) : undefined;
  for (let i = 0; i < options.blocks; i++) {
    at += Math.round(intervalMs * (0.4 + 1.2 * random.next())) + (i === haltAt ? 75_000 : 0);
    const below = chain;
    chain = chain.mine(1, at);
    const { height } = chain.tip.ref;
    const parent = below.tip.ref.height;
    const isContested = options.branches && !contested.has(parent) && random.integer(1, 6) === 1;
    const strays = isContested ? random.integer(1, options.nodes - 1) : 0;
    const offset = random.integer(0, options.nodes - 1);
    for (let node = 0; node < options.nodes; node++) {
      const strayed = (node + offset) % options.nodes < strays;
      const seenAt = at + Math.round(options.spreadMs * random.next());
      moves.push({ at: seenAt, node, chain: strayed ? below.fork(parent, `s${height}`, 1, at) : chain });
    }
    if (isContested) contested.add(height);
  }
  moves.sort((a, b) => a.at - b.at);
  return { start, intervalMs, first, moves, last: chain, contested };
}
