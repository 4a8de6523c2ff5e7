/** Of a hundred requests so many may go to a node that is not at its best, so that it is seen when it does better. */
const IMPAIRED_SHARE = 0.1;
/** Below a millisecond the clock tells no nodes apart. */
const LEAST_LATENCY_MS = 0.5;

/** A node as the choice sees it. */
export type Candidate = {
  /** In the region of this replica. */
  readonly isNear: boolean;
  /** Behind the others, or failing often: asked less. */
  readonly isImpaired: boolean;
  /** Asks to be left alone, or failed so often that it is: asked only when there is no other. */
  readonly isResting: boolean;
  /** Median of what it takes to answer such a request, milliseconds; undefined: not known, which is not the same as fast. */
  readonly latencyMs: () => number | undefined;
  /** Requests waiting or under way there, as a share of those that may be under way at once. */
  readonly load: number;
  /** How long its allowed rate would have such a request wait, milliseconds; 0: it may be sent at once. */
  readonly waitMs: number;
};

/**
 * Chooses whom to ask: nodes at their best before the others, of these those of the own region while they have room
 * and rate, and among what is left the better of two taken at random, by wait, latency and load. Always taking the best
 * would send every request of every chain to one node until it is no longer the best.
 *
 * @param random numbers from 0 (included) to 1 (excluded)
 */
export function choose<C extends Candidate>(candidates: readonly C[], random: () => number): C | undefined {
  const group = preferred(candidates, random);
  if (group.length <= 1) return group[0];
  const first = Math.floor(random() * group.length);
  const step = 1 + Math.floor(random() * (group.length - 1));
  const [a, b] = [group[first] as C, group[(first + step) % group.length] as C];
  const [latencyA, latencyB] = [a.latencyMs(), b.latencyMs()];
  // Where one is not known, the wait and the load alone decide: it gets to be known soon enough.
  if (latencyA === undefined || latencyB === undefined) {
    return b.waitMs < a.waitMs || (b.waitMs === a.waitMs && b.load < a.load) ? b : a;
  }
  return cost(latencyB, b) < cost(latencyA, a) ? b : a;
}

function preferred<C extends Candidate>(candidates: readonly C[], random: () => number): readonly C[] {
  const awake = candidates.filter(({ isResting }) => !isResting);
  if (awake.length === 0) return candidates;
  const good = awake.filter(({ isImpaired }) => !isImpaired);
  if (good.length === 0) return awake;
  if (good.length < awake.length && random() < IMPAIRED_SHARE) return awake;
  const near = good.filter(({ isNear, load, waitMs }) => isNear && load < 1 && waitMs === 0);
  return near.length > 0 ? near : good;
}

function cost(latencyMs: number, { load, waitMs }: Candidate): number {
  return waitMs + Math.max(latencyMs, LEAST_LATENCY_MS) * (1 + load);
}
