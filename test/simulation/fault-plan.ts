import type { Fault, FaultKind } from "../../src/testing/faulty-node/fault-script.ts";
import { FAULT_SCHEMAS, HEIGHT_FAULTS } from "../../src/testing/faulty-node/fault-script.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";

const ALL_KINDS = Object.keys(FAULT_SCHEMAS) as FaultKind[];
const COMMON_KINDS = ALL_KINDS.filter((kind) => !HEIGHT_FAULTS.has(kind));

/** Operators that may be faulty at one time. */
const MOST_FAULTY = 2;

/** Following is what is held against the run without faults, not the start. */
const STEADY_FROM_SECONDS = 3;

/**
 * The faults of each operator. Up to two are faulty at a time, in up to two ways each; who and how changes from phase to
 * phase, until all faults end.
 *
 * @param skipsHeights whether the chain has heights without a block: half of the faults are then about these
 * @param steady the same two are faulty in the same ways from the start on, but for a moment, to the end
 */
export function planFaults(
  random: SeededRandom,
  operators: number,
  seconds: number,
  skipsHeights: boolean,
  steady: boolean,
): readonly (readonly Fault[])[] {
  const faults: Fault[][] = Array.from({ length: operators }, () => []);
  // Heights are listed when the run starts, above all.
  let from = steady ? STEADY_FROM_SECONDS : random.integer(0, skipsHeights ? 0 : 2);
  while (from < seconds) {
    const until = steady ? seconds : Math.min(seconds, from + random.integer(2, 15));
    // Half of the time the two conspire: they tell the same blocks.
    const salt = random.integer(0, 1) === 0 ? `evil${from}` : undefined;
    const first = random.integer(0, operators - 1);
    const count = steady ? MOST_FAULTY : random.integer(1, MOST_FAULTY);
    for (let i = 0; i < count; i++) {
      const operator = (first + i * random.integer(1, operators - 1)) % operators;
      for (let ways = random.integer(1, 2); ways > 0; ways--) {
        const probability = random.integer(0, 2) === 0 ? 0.2 + 0.7 * random.next() : undefined;
        const when = { fromSeconds: from, untilSeconds: until, ...(probability !== undefined && { probability }) };
        faults[operator]?.push({ ...makeFault(random, pickKind(random, skipsHeights), salt), when } as Fault);
      }
    }
    from = until + random.integer(0, 2);
  }
  return faults;
}

function pickKind(random: SeededRandom, skipsHeights: boolean): FaultKind {
  return random.pick(skipsHeights && random.integer(0, 1) === 0 ? [...HEIGHT_FAULTS] : COMMON_KINDS);
}

function makeFault(random: SeededRandom, kind: FaultKind, salt: string | undefined): Fault {
  const salted = salt !== undefined && { salt };
  switch (kind) {
    case "latency":
      return { kind, ms: random.pick([50, 400, 2_000, 8_000]), jitterMs: random.integer(0, 1_000) };
    case "status": {
      const status = random.pick([429, 429, 500, 502, 503]);
      const retryAfterSeconds = random.integer(0, 1) === 0 ? { retryAfterSeconds: random.integer(0, 5) } : {};
      return { kind, status, ...retryAfterSeconds };
    }
    case "stale-head":
    case "head-jumps-back":
      return { kind, blocks: random.integer(1, 8) };
    case "fork":
      return { kind, depth: random.integer(1, 10), ...salted };
    case "equivocation":
      return { kind, ...salted };
    case "finality-violation":
      return { kind, how: random.pick(["back", "changed"] as const), blocks: random.integer(1, 8), ...salted };
    case "wrong-time":
      return { kind, seconds: random.pick([-3_600, -60, 30, 120, 3_600, 1e8]) };
    case "left-out-heights":
      return { kind, how: random.pick(["some", "all"] as const) };
    case "pruned":
      return { kind, heights: random.integer(1, 20) };
    default:
      return { kind };
  }
}
