import type { BlockLocator, CallOptions, NodeTips } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { type Commitment, getBlock, getBlocks, getSlot } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { noTime, otherBlock, readHeader } from "./header.ts";
import { saysNoBlock } from "./rpc-errors.ts";
import { listSlots, readSlot } from "./slots.ts";
import { explainNoBlock } from "./why-no-block.ts";

/**
 * So far below its newest block a node may not have written down yet when it was made: it does that once the block is final.
 * Times are part of a ledger: one without would be another. Early blocks never had one.
 */
const TIMED_SLOTS = 1_000;

type Wanted = { readonly commitment: Commitment; readonly slot: number };

/** Headers and tips of one node. The newest of each commitment is kept: a poll that tells nothing new asks for slots alone. */
export class NodeHeaders {
  readonly #client: JsonRpcClient;
  readonly #dialect: Dialect;
  readonly #newest = new Map<Commitment, BlockRef>();

  constructor(client: JsonRpcClient, dialect: Dialect) {
    this.#client = client;
    this.#dialect = dialect;
  }

  /** The newest slot at which the node was seen to have a block; -1 before the first. */
  get newestSlot(): number {
    return this.#newest.get(this.#dialect.commitment)?.height ?? -1;
  }

  /** Whether a block at the slot without a time is one that the node has not written down in full. */
  expectsTime(slot: number): boolean {
    return this.#dialect.tellsTime && slot > this.newestSlot - TIMED_SLOTS;
  }

  /**
   * The newest block, the newest that two thirds of the stake have voted for (safe), and the newest final one. Where the newest
   * block is to be a confirmed one, both are the same.
   *
   * Methods: getSlot, one batch; then, for slots that are new, getBlock without transactions, one batch.
   */
  async fetchTips(options?: CallOptions): Promise<NodeTips> {
    const { commitment } = this.#dialect;
    const wished: Commitment[] = commitment === "processed" ? ["processed", "confirmed"] : ["confirmed"];
    const [tip, ...others] = await this.#fetchNewest([...wished, "finalized"], options);
    if (tip instanceof HeadwaterError) throw tip;
    const told = others.map((other) => (other instanceof HeadwaterError ? null : (other as BlockRef)));
    const [finalized = null, safe = tip as BlockRef] = told.reverse();
    return { tip: tip as BlockRef, safe, finalized };
  }

  /** The newest block alone. Methods: getSlot, getBlock. */
  async fetchTip(options?: CallOptions): Promise<BlockRef> {
    const [tip] = await this.#fetchNewest([this.#dialect.commitment], options);
    if (tip instanceof HeadwaterError) throw tip;
    return tip as BlockRef;
  }

  /** Method: getBlock without transactions. @throws HeadwaterError `node-block-missing`, `node-block-skipped` and as `explainNoBlock` */
  async fetch(at: BlockLocator, options?: CallOptions): Promise<BlockRef> {
    const slot = slotOf(at, this.#client.node);
    const { method, params } = getBlock(slot, "none", this.#dialect.commitment);
    try {
      const header = this.#read(await this.#client.call(method, params, options), slot);
      if ("hash" in at && header.hash !== at.hash) throw otherBlock(slot, at.hash, header.hash, this.#client.node);
      return header;
    } catch (error) {
      throw await this.explain(at, error, options);
    }
  }

  /**
   * What it means that the node has no block there. Above its newest block it has not come so far; a block that is asked for by
   * its hash is there whatever the node says, so it is missing.
   */
  async explain(at: BlockLocator, error: unknown, options?: CallOptions): Promise<unknown> {
    if (!saysNoBlock(error)) return error;
    const slot = slotOf(at, this.#client.node);
    if ("hash" in at) {
      if (error.code === "node-block-missing") return error;
      return new HeadwaterError("node-block-missing", error.message, { details: error.details, cause: error });
    }
    if (error.code === "node-block-missing" && this.newestSlot >= 0 && slot > this.newestSlot) return error;
    return await explainNoBlock(this.#client, slot, error, this.#dialect.commitment, options);
  }

  /** The newest block of each commitment, or why there is none to be had. */
  async #fetchNewest(
    commitments: readonly Commitment[],
    options?: CallOptions,
  ): Promise<readonly (BlockRef | HeadwaterError)[]> {
    const { node } = this.#client;
    const slots = await this.#client.batchResults(commitments.map(getSlot), options);
    const wanted = commitments.map((commitment, i) => ({ commitment, slot: readSlot(slots[i], node, "getSlot") }));
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
    return commitments.map((commitment) => failures.get(commitment) ?? (this.#newest.get(commitment) as BlockRef));
  }

  /** A node knows a slot before it has written the block down: then the newest below is the one that it can show. */
  async #readNewest({ slot, commitment }: Wanted, outcome: RpcOutcome, options?: CallOptions): Promise<BlockRef> {
    const { node } = this.#client;
    try {
      return this.#read(unwrap(outcome), slot);
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
      return this.#read(unwrap(outcomes[at] as RpcOutcome), below.at(-1 - at) as number);
    }
  }

  #read(result: unknown, slot: number): BlockRef {
    const header = readHeader(result, slot, this.#client.node);
    if (header.time > 0) this.#dialect.tellsTime = true;
    else if (this.expectsTime(slot)) throw noTime(slot, this.#client.node);
    return header;
  }
}

/** The slot of a block: nodes find blocks by it alone. @throws HeadwaterError `node-method-unsupported` */
export function slotOf(at: BlockLocator, node: string): number {
  if (at.height !== undefined) return at.height;
  const hash = "hash" in at ? at.hash : "";
  throw new HeadwaterError(
    "node-method-unsupported",
    `node ${node}: blocks are found by slot, not by the hash ${hash}`,
    {
      details: { node, hash },
    },
  );
}
