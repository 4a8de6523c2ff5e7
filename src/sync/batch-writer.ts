import type { Clock } from "../core/clock.ts";
import { LIMITS } from "../core/limits.ts";
import type { ObtainedBlock } from "./block-pipeline.ts";

export type BatchWriterOptions = {
  readonly clock: Clock;
  /** The height up to which blocks will come. */
  readonly target: number;
  /** Resolves when enough operators stand behind the block, and with it behind all below. Rejects when they do not. */
  readonly confirm: (block: ObtainedBlock) => Promise<void>;
  readonly commit: (blocks: readonly ObtainedBlock[], durable: boolean) => Promise<void>;
};

/** Within so many blocks of the target every commit is made durable; further behind the import's speed matters more. */
const DURABLE_DISTANCE = 8;

/** Blocks that wait at most: one batch is confirmed while the other is written. */
const WAITING_BLOCKS = 2 * LIMITS.commitBlocks;
const WAITING_MOVEMENTS = 2 * LIMITS.commitMovements;

/**
 * Groups blocks into commits, each of which ends with a block that enough operators stand behind. While one is written
 * the next gathers and is confirmed, so the batch is as large as the store is slow. Far from the target it gathers for
 * a moment in any case: accounts come again and again, and each is written once a batch.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #waiting: ObtainedBlock[] = [];
  #movements = 0;
  #gatheringSince = 0;
  /** How many of those that wait are confirmed, from the first. */
  #confirmed = 0;
  #confirming: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #flushing = false;
  #failure: unknown;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Takes one block more. Waits while too many wait. @throws the first failure of a confirmation or a commit */
  async push(block: ObtainedBlock): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting.length === 0) this.#gatheringSince = this.#options.clock.now();
    this.#waiting.push(block);
    this.#movements += block.sealed.changes.movements;
    this.#work();
    while (this.#waiting.length >= WAITING_BLOCKS || this.#movements >= WAITING_MOVEMENTS) {
      await this.#progress();
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /**
   * Resolves when all that was pushed is committed. Where something failed, what was confirmed is committed first.
   * @throws the first failure of a confirmation or a commit
   */
  async flush(): Promise<void> {
    this.#flushing = true;
    this.#work();
    while (this.#writing || this.#confirming) await this.#progress();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Begins whatever can be begun. */
  #work(): void {
    const { clock } = this.#options;
    const newest = this.#waiting.at(-1);
    if (!newest) return;
    const near = this.#options.target - newest.sealed.ref.height < DURABLE_DISTANCE;
    const full = this.#waiting.length >= LIMITS.commitBlocks || this.#movements >= LIMITS.commitMovements;
    const gatheredMs = clock.now() - this.#gatheringSince;
    const hurry = this.#flushing || near || full || this.#failure !== undefined;
    // Half-way, so that the answer is there when the batch is full; a second time only for what came since.
    const ripe = hurry || gatheredMs >= LIMITS.commitGatherMs / 2;
    if (ripe && !this.#confirming && (this.#confirmed === 0 || (hurry && this.#confirmed < this.#waiting.length))) {
      this.#confirming = this.#confirm(newest, this.#waiting.length);
    }
    if (!this.#writing && this.#confirmed > 0 && (hurry || gatheredMs >= LIMITS.commitGatherMs)) {
      this.#writing = this.#write(this.#take());
    }
  }

  async #confirm(block: ObtainedBlock, count: number): Promise<void> {
    let taken = 0;
    this.#onTake = (blocks) => {
      taken += blocks;
    };
    try {
      await this.#options.confirm(block);
      this.#confirmed = count - taken;
    } catch (error) {
      this.#fail(error, this.#confirmed);
    }
    this.#confirming = undefined;
    this.#work();
  }

  /** Tells a confirmation under way that blocks before its own were taken out. */
  #onTake: (blocks: number) => void = () => {};

  /** The confirmed blocks that go into one batch. */
  #take(): ObtainedBlock[] {
    let count = 0;
    let movements = 0;
    while (count < Math.min(this.#confirmed, LIMITS.commitBlocks) && movements < LIMITS.commitMovements) {
      movements += (this.#waiting[count] as ObtainedBlock).sealed.changes.movements;
      count++;
    }
    const batch = this.#waiting.splice(0, count);
    this.#confirmed -= count;
    this.#movements -= movements;
    this.#gatheringSince = this.#options.clock.now();
    this.#onTake(count);
    return batch;
  }

  async #write(batch: readonly ObtainedBlock[]): Promise<void> {
    const last = batch.at(-1) as ObtainedBlock;
    try {
      await this.#options.commit(batch, this.#options.target - last.sealed.ref.height < DURABLE_DISTANCE);
    } catch (error) {
      this.#fail(error, 0);
    }
    this.#writing = undefined;
    this.#work();
  }

  /** Keeps the first failure, and of what waits only so much as may still be written. */
  #fail(error: unknown, keep: number): void {
    this.#failure ??= error;
    this.#waiting.length = keep;
    this.#confirmed = keep;
  }

  async #progress(): Promise<void> {
    await Promise.race([this.#writing, this.#confirming].filter((work) => work !== undefined));
  }
}
