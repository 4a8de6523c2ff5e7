import type { Clock } from "../../src/core/clock.ts";
import type { NodeFeed } from "../../src/core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../src/core/contracts/wire.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";

/** The way to an honest node: it takes its time, a little differently each time. */
export class LatentWire implements NodeWire {
  readonly #wire: NodeWire;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #baseMs: number;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;

  /** @param feeds whether the node has a push feed */
  constructor(wire: NodeWire, clock: Clock, random: SeededRandom, feeds: boolean) {
    this.#wire = wire;
    this.#clock = clock;
    this.#random = random;
    this.#baseMs = random.integer(1, 40);
    if (feeds && wire.openFeed) this.openFeed = wire.openFeed;
  }

  async post(request: WireRequest): Promise<WireAnswer> {
    await this.#clock.sleep(this.#baseMs + this.#random.integer(0, 10), request.signal);
    return await this.#wire.post(request);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}
