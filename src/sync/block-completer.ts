import type { ChainLedger } from "../core/contracts/store.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { FetchedBlock, ObtainedBlock, OpenedBlock } from "./block-pipeline.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import type { CheckCounter } from "./meters/check-counter.ts";
import { findSpent } from "./outputs/find-spent.ts";
import { UncommittedOutputs } from "./outputs/uncommitted-outputs.ts";
import type { Trails } from "./trails.ts";

export type BlockCompleterOptions = {
  readonly ledger: ChainLedger;
  readonly decoder: BlockDecoder;
  readonly trails: Trails;
  readonly checks: CheckCounter;
  /** The block did not hold in its turn. */
  readonly refuse: (block: FetchedBlock, failure: HeadwaterError) => void;
  /** Takes the blocks in, one after the other. */
  readonly deliver: (block: ObtainedBlock) => Promise<void>;
};

/** A block did not hold when its turn came: others are asked for it, and what stands on it is taken in anew. */
export class RefusedBlock extends HeadwaterError {
  constructor({ ref, node }: FetchedBlock, cause: HeadwaterError) {
    const { code, retry, details } = cause;
    super(code, `block ${ref.height} ${ref.hash} of node ${node.config.name} is refused: ${cause.message}`, {
      cause,
      retry,
      details: { ...details, height: ref.height, hash: ref.hash, node: node.config.name },
    });
  }
}

/**
 * The last step before blocks are written: what is left to do in the chain's order. Finds the outputs that blocks spend, has the
 * blocks completed, several at once, and holds each against those before it. Blocks that need none of it pass through.
 */
export class BlockCompleter {
  readonly #options: BlockCompleterOptions;
  readonly #uncommitted = new UncommittedOutputs();
  /** In order: the blocks being completed, and those that wait behind them. */
  readonly #queue: { readonly block: FetchedBlock; readonly done: Promise<ObtainedBlock> }[] = [];
  #heldBytes = 0;
  #draining: Promise<void> | undefined;
  /** Resolves when the oldest has left the queue. */
  #left = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(options: BlockCompleterOptions) {
    this.#options = options;
  }

  /** Bytes of blocks that wait here. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes one block more, the child of the one before. Waits while too many wait. @throws the first failure */
  async push(block: FetchedBlock): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if ("sealed" in block && !this.#draining) {
      await this.#deliver(block);
      return;
    }
    const done = "sealed" in block ? Promise.resolve(block) : this.#complete(block);
    // It is looked at in its turn; until then a failure must not count as unhandled.
    done.catch(() => {});
    this.#queue.push({ block, done });
    this.#heldBytes += block.sizeBytes;
    this.#draining ??= this.#drain();
    while (this.#queue.length >= LIMITS.pipelineBlocks || this.#heldBytes >= LIMITS.pipelineBytes) {
      await this.#left.promise;
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /** Resolves when all that was pushed is delivered, and nothing is under way any more. @throws the first failure */
  async flush(): Promise<void> {
    await this.#draining;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Blocks up to this height are committed. */
  noteCommitted(height: number): void {
    this.#uncommitted.forget(height);
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#queue[0]; next; next = this.#queue[0]) {
        await this.#deliver(await this.#inTurn(next.block, () => next.done));
        this.#heldBytes -= next.block.sizeBytes;
        this.#queue.shift();
        this.#leave();
      }
    } catch (error) {
      this.#failure = error;
      this.#leave();
      await Promise.allSettled(this.#queue.splice(0).map(({ done }) => done));
      this.#heldBytes = 0;
    }
    this.#draining = undefined;
  }

  #leave(): void {
    this.#left.resolve();
    this.#left = Promise.withResolvers();
  }

  async #complete(block: OpenedBlock): Promise<ObtainedBlock> {
    const { ledger, decoder } = this.#options;
    const { chain } = ledger.terms;
    const { open, ...fetched } = block;
    const spent = await this.#checked(() => findSpent(open.outputs, this.#uncommitted, ledger));
    return { ...fetched, ...(await decoder.complete(chain, open, spent)) };
  }

  async #deliver(block: ObtainedBlock): Promise<void> {
    const { trails, checks, ledger, deliver } = this.#options;
    if (trails.areKept) {
      const held = await this.#inTurn(block, () => this.#checked(async () => trails.verify(block.sealed)));
      checks.count(ledger.terms.chain, held);
    }
    await deliver(block);
  }

  /** What fails here is no check of the decoder, which counts its own. */
  async #checked<T>(check: () => Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      this.#options.checks.countFailure(this.#options.ledger.terms.chain, error);
      throw error;
    }
  }

  /** The first block that fails is the one to blame: what comes after it may fail for want of what it should have made. */
  async #inTurn<T>(block: FetchedBlock, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (!failure.retry.otherNode) throw failure;
      this.#options.refuse(block, failure);
      throw new RefusedBlock(block, failure);
    }
  }
}
