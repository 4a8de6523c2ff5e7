import type { BlockLocator, CallOptions, NodeTips } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type Commitment, getBlock } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { otherBlock } from "./header.ts";
import type { IngestionWatch } from "./ingestion.ts";
import { NewestBlocks } from "./newest-blocks.ts";
import { saysNoBlock } from "./rpc-errors.ts";
import { explainNoBlock } from "./why-no-block.ts";

/** Headers and tips of one node. */
export class NodeHeaders {
  readonly #client: JsonRpcClient;
  readonly #dialect: Dialect;
  readonly #ingestion: IngestionWatch;
  readonly newest: NewestBlocks;

  constructor(client: JsonRpcClient, dialect: Dialect, ingestion: IngestionWatch) {
    this.#client = client;
    this.#dialect = dialect;
    this.#ingestion = ingestion;
    this.newest = new NewestBlocks(client, dialect);
  }

  /**
   * The newest block, the newest that two thirds of the stake have voted for (safe), and the newest final one. Where the newest
   * block is to be a confirmed one, both are the same.
   *
   * Methods: getSlot and now and then getMaxShredInsertSlot, one batch; then, for slots that are new, getBlock without
   * transactions, one batch.
   */
  async fetchTips(options?: CallOptions): Promise<NodeTips> {
    const { commitment } = this.#dialect;
    const wished: Commitment[] = commitment === "processed" ? ["processed", "confirmed"] : ["confirmed"];
    const beside = this.#ingestion.nextCalls();
    const { blocks, outcomes } = await this.newest.fetch([...wished, "finalized"], beside, options);
    const [tip, ...others] = blocks;
    if (tip instanceof HeadwaterError) throw tip;
    const told = others.map((other) => (other instanceof HeadwaterError ? null : (other as BlockRef)));
    const [finalized = null, safe = tip as BlockRef] = told.reverse();
    const syncing = this.#ingestion.isBehind(outcomes);
    return { tip: tip as BlockRef, safe, finalized, ...(syncing && { syncing }) };
  }

  /** The newest block alone. Methods: getSlot, getBlock. */
  async fetchTip(options?: CallOptions): Promise<BlockRef> {
    const [tip] = (await this.newest.fetch([this.#dialect.commitment], [], options)).blocks;
    if (tip instanceof HeadwaterError) throw tip;
    return tip as BlockRef;
  }

  /** Method: getBlock without transactions. @throws HeadwaterError `node-block-missing`, `node-block-skipped` and as `explainNoBlock` */
  async fetch(at: BlockLocator, options?: CallOptions): Promise<BlockRef> {
    const slot = slotOf(at, this.#client.node);
    const { method, params } = getBlock(slot, "none", this.#dialect.commitment);
    try {
      const header = this.newest.read(await this.#client.call(method, params, options), slot);
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
    if (error.code === "node-block-missing" && this.newest.slot >= 0 && slot > this.newest.slot) return error;
    return await explainNoBlock(this.#client, slot, error, this.#dialect.commitment, options);
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
