import { FakeClock } from "../../src/testing/fake-clock.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { assemble, type Cast, LAG } from "./cast.ts";
import type { HonestChain, SimulatedFamily } from "./family.ts";
import { planFaults } from "./fault-plan.ts";
import { BrokenPromise, Invariants } from "./invariants.ts";
import { ReadTraffic } from "./read-traffic.ts";
import { testFamily } from "./test-family.ts";
import { Trace } from "./trace.ts";
import { OPERATORS, planWorld, type WorldPlan } from "./world-plan.ts";

const STEP_MS = 100;
/** How long after the last fault the engine may take until it is synced with the honest tip. */
const RECOVERY_MS = 60_000;
/** How fast the chain goes on meanwhile. */
const MINE_MS = 1_000;

export type SimulationOptions = {
  /** Default: the family that is made for tests. */
  readonly family?: (seed: number) => SimulatedFamily;
  /** Blocks that are made while nodes are faulty. Default 24. */
  readonly blocks?: number;
  /** Up to two of five are faulty, by turns or the same two all along, or as is said for each operator. Default: by turns. */
  readonly faults?: "none" | "by-turns" | "steady" | readonly (readonly Fault[])[];
  /** Whether honest nodes at times follow short branches of their own, and learn of blocks at different times. Default: yes. */
  readonly branches?: boolean;
};

export type SimulationResult = {
  readonly seed: number;
  /** All that happened, in order: the same for the same seed and options. */
  readonly trace: readonly string[];
  /** Which promise did not hold; undefined when all held. */
  readonly broken: string | undefined;
  /** When each block was first seen committed, milliseconds after the start, by hash. */
  readonly committedAt: ReadonlyMap<string, number>;
  readonly world: WorldPlan;
};

/** One run: an engine over five operators, up to two of them faulty at a time, in simulated time. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  const { blocks = 24, faults = "by-turns", branches = true } = options;
  const family = (options.family ?? testFamily)(seed);
  const world = planWorld(new SeededRandom(seed), family, {
    nodes: OPERATORS,
    blocks,
    branches,
    spreadMs: branches ? 150 : 0,
  });
  const seconds = (world.last.tip.ref.time - world.start) / 1000;
  const planned = planFaults(
    new SeededRandom(seed ^ 0x5eed),
    OPERATORS,
    seconds,
    family.dialect.heights !== undefined,
    faults === "steady",
  );
  const plan = typeof faults === "object" ? faults : planned.map((own) => (faults === "none" ? [] : own));
  const clock = new FakeClock(world.start);
  const trace = new Trace(clock);
  const cast = await assemble(seed, family, world, plan, clock, trace);
  const run = new Run(seed, family.accounts, world, cast, clock, trace);
  let broken: string | undefined;
  try {
    await run.play();
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error;
    broken = `${error.message} (${trace.elapsedMs} ms after the start)`;
  }
  await cast.engine.stop();
  await cast.store.close();
  return { seed, world, broken, trace: trace.lines, committedAt: run.committedAt };
}

class Run {
  readonly committedAt = new Map<string, number>();
  readonly #world: WorldPlan;
  readonly #cast: Cast;
  readonly #clock: FakeClock;
  readonly #trace: Trace;
  readonly #invariants: Invariants;
  readonly #reads: ReadTraffic;
  #moved = 0;
  #last: HonestChain;
  #state = "";

  constructor(seed: number, accounts: readonly string[], world: WorldPlan, cast: Cast, clock: FakeClock, trace: Trace) {
    this.#world = world;
    this.#cast = cast;
    this.#clock = clock;
    this.#trace = trace;
    this.#last = world.last;
    this.#invariants = new Invariants({
      ...cast,
      lagMaxSeconds: LAG.maxSeconds,
      expectedIntervalSeconds: cast.engine.chain.info.expectedIntervalMs / 1000,
      onChange: ({ type, ref }) => {
        trace.note(`${type} ${ref.hash}`);
        if (type === "commit" && !this.committedAt.has(ref.hash)) this.committedAt.set(ref.hash, trace.elapsedMs);
      },
    });
    const random = new SeededRandom(seed ^ 0xba1a);
    this.#reads = new ReadTraffic({ ...cast, clock, trace, random, invariants: this.#invariants, accounts });
  }

  /** @throws BrokenPromise */
  async play(): Promise<void> {
    this.#cast.engine.start();
    const end = this.#world.last.tip.ref.time + this.#world.intervalMs;
    while (this.#clock.now() < end) await this.#step(true);
    while (!this.#isWell()) {
      const now = this.#clock.now();
      if (now > end + RECOVERY_MS) throw new BrokenPromise(this.#describe());
      if (now >= this.#last.tip.ref.time + MINE_MS) this.#mine(now);
      await this.#step(false);
    }
    while (this.#reads.open > 0) await this.#step(false);
    await this.#invariants.checkUnspent(this.#last);
  }

  #isWell(): boolean {
    return this.#state === "synced" && this.#invariants.tip?.hash === this.#last.tip.ref.hash;
  }

  /** The chain goes on after the faults, and all nodes with it. */
  #mine(now: number): void {
    this.#last = this.#last.mine(1, now);
    this.#cast.ledger.know(this.#last);
    this.#cast.witness.know(this.#last);
    for (const node of this.#cast.nodes) node.move(this.#last);
  }

  async #step(reading: boolean): Promise<void> {
    const { moves } = this.#world;
    const now = this.#clock.now();
    for (let next = moves[this.#moved]; next && next.at <= now; next = moves[this.#moved]) {
      this.#cast.nodes[next.node]?.move(next.chain);
      this.#moved++;
    }
    if (reading) this.#reads.step();
    const untilMove = (moves[this.#moved]?.at ?? Number.POSITIVE_INFINITY) - now;
    await this.#clock.advance(Math.min(STEP_MS, untilMove));
    const { state, reason } = await this.#invariants.check(this.#clock.now());
    this.#reads.check();
    if (state === this.#state) return;
    this.#state = state;
    this.#trace.note(`${state}${reason === null ? "" : `: ${reason}`}`);
  }

  #describe(): string {
    const { state, reason } = this.#cast.engine.status();
    const nodes = this.#cast.engine.nodes().map(({ name, state: is, causes }) => `${name} ${is} ${causes.join("+")}`);
    return `${RECOVERY_MS} ms after the last fault the chain is ${state} (${reason}) at ${this.#invariants.tip?.hash}, the honest tip is ${this.#last.tip.ref.hash}; ${nodes.join("; ")}`;
  }
}
