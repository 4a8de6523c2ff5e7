import type { CallOptions } from "../../core/contracts/plugin.ts";
import type { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type RpcCall, type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { type Commitment, getBlock, getBlocks, getSlot } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { noTime, readHeader } from "./header.ts";
import { saysNoBlock } from "./rpc-errors.ts";
import { listSlots, readSlot } from "./slots.ts";

/**
 * So far below its newest block a node may not have written down yet when it was made: it does that once the block is final.
 * Times are part of a ledger: one without would be another. Early blocks never had one.
 */
const TIMED_SLOTS = 1_000;

type Wanted = { readonly commitment: Commitment; readonly slot: number };

/** What came of asking for the newest blocks, and of what was asked beside. */
type Newest = {
  readonly blocks: readonly (BlockRef | HeadwaterError)[];
  readonly outcomes: readonly RpcOutcome[];
};

/** The newest blocks of one node, by commitment. They are kept: a look that tells nothing new asks for slots alone. */
export class NewestBlocks {
  readonly #client: JsonRpcClient;
  readonly #dialect: Dialect;
  readonly #newest = new Map<Commitment, BlockRef>();

  constructor(client: JsonRpcClient, dialect: Dialect) {
    this.#client = client;
    this.#dialect = dialect;
  }

  /** The newest slot at which the node was seen to have a block; -1 before the first. */
  get slot(): number {
    return this.#newest.get(this.#dialect.commitment)?.height ?? -1;
  }

  /** Whether a block at the slot without a time is one that the node has not written down in full. */
  expectsTime(slot: number): boolean {
    return this.#dialect.tellsTime && slot > this.slot - TIMED_SLOTS;
  }

  /**
   * The newest block of each commitment, or why there is none to be had.
   * Methods: getSlot, and what stands beside it, in one batch; getBlock without transactions, for slots that are new;
   * getBlocks, where the node cannot show the newest.
   * @param beside calls that go with the question for slots; their outcomes are given back
   */
  async fetch(commitments: readonly Commitment[], beside: readonly RpcCall[], options?: CallOptions): Promise<Newest> {
    const { node } = this.#client;
    const slots = await this.#client.batch([...commitments.map(getSlot), ...beside], options);
    const wanted = commitments.map((commitment, i) => ({
      commitment,
      slot: readSlot(unwrap(slots[i] as RpcOutcome), node, "getSlot"),
    }));
    const fresh = wanted.filter(({ commitment, slot }) => this.#newest.get(commitment)?.height !== slot);
    const outcomes = await this.#client.batch(
      fresh.map(({ commitment, slot }) => getBlock(slot, "none", commitment)),
      options,
    );
    const failures = new Map<Commitment, HeadwaterError>();
    // The final one first: it teaches whether the node tells times.
    for (const [i, one] of [...fresh.entries()].reverse()) {
      try {
        this.#newest.set(one.commitment, await this.#readNewest(one, outcomes[i] as RpcOutcome, options));
      } catch (error) {
        if (!saysNoBlock(error)) throw error;
        // What it told before still holds, if it told anything.
        if (!this.#newest.has(one.commitment)) failures.set(one.commitment, error);
      }
    }
    return {
      blocks: commitments.map((commitment) => failures.get(commitment) ?? (this.#newest.get(commitment) as BlockRef)),
      outcomes: slots.slice(commitments.length),
    };
  }

  /** A node knows a slot before it has written the block down: then the newest below is the one that it can show. */
  async #readNewest({ slot, commitment }: Wanted, outcome: RpcOutcome, options?: CallOptions): Promise<BlockRef> {
    const { node } = this.#client;
    try {
      return this.read(unwrap(outcome), slot);
    } catch (error) {
      if (!saysNoBlock(error)) throw error;
      const listed = getBlocks(Math.max(0, slot - LIMITS.unwrittenHeights), slot - 1, commitment);
      const known = this.#newest.get(commitment)?.height ?? -1;
      const below = listSlots(
        await this.#client.call(listed.method, listed.params, options),
        node,
        known + 1,
        slot - 1,
      );
      const calls = below.toReversed().map((lower) => getBlock(lower, "none", commitment));
      const outcomes = await this.#client.batch(calls, options);
      const at = outcomes.findIndex(({ ok }) => ok);
      if (at < 0) throw error;
      return this.read(unwrap(outcomes[at] as RpcOutcome), below.at(-1 - at) as number);
    }
  }

  /** The header in an answer, with its time where it must have one. @throws HeadwaterError `node-block-missing`, `node-bad-response` */
  read(result: unknown, slot: number): BlockRef {
    const header = readHeader(result, slot, this.#client.node);
    if (header.time > 0) this.#dialect.tellsTime = true;
    else if (this.expectsTime(slot)) throw noTime(slot, this.#client.node);
    return header;
  }
}
