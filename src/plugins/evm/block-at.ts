import type { CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { blockMissing, expectBlock, hexHeight, readBlockRef } from "./block-ref.ts";
import { isRpcError } from "./rpc-errors.ts";

/**
 * How a node takes the block at which state is read: by EIP-1898 with `requireCanonical`, by EIP-1898 without it, or by
 * height only. In the order in which they are tried.
 */
const FORMS = ["canonical", "hash", "height"] as const;
type BlockForm = (typeof FORMS)[number];

/**
 * State reads pinned to one block, in the strictest form that the node understands. What it understands is found out by
 * its first refusal and kept for the connection's life.
 */
export class PinnedReads {
  readonly #client: JsonRpcClient;
  #form: BlockForm = "canonical";

  constructor(client: JsonRpcClient) {
    this.#client = client;
  }

  /**
   * Runs `read` with the parameter that names the block. By height, the block at that height is compared before and
   * after: a reorg in between, or a node on another branch, is an error and never a balance.
   *
   * @throws HeadwaterError `node-block-missing`, `node-wrong-block`, and what `read` throws
   */
  async at<T>(block: BlockRef, read: (parameter: unknown) => Promise<T>, options?: CallOptions): Promise<T> {
    let certain = true;
    for (let i = FORMS.indexOf(this.#form); ; i++) {
      const form = FORMS[i] as BlockForm;
      try {
        const answer =
          form === "height" ? await this.#atHeight(block, read, options) : await read(hashForm(block, form));
        if (certain) this.#form = form;
        return answer;
      } catch (error) {
        if (form === "height" || !mayBeForm(error)) throw error;
        // A weaker form is as safe. It is kept only where the stricter one was refused for what it is.
        certain &&= isRpcError(error, "invalid-params");
      }
    }
  }

  async #atHeight<T>(block: BlockRef, read: (parameter: unknown) => Promise<T>, options?: CallOptions): Promise<T> {
    await this.#expectCanonical(block, options);
    const answer = await read(hexHeight(block.height));
    await this.#expectCanonical(block, options);
    return answer;
  }

  async #expectCanonical(block: BlockRef, options?: CallOptions): Promise<void> {
    const method = "eth_getBlockByNumber";
    const { node } = this.#client;
    const header = await this.#client.call(method, [hexHeight(block.height), false], options);
    if (header === null) throw blockMissing(block, node, method);
    expectBlock(readBlockRef(header, node, method), block, node, method);
  }
}

/** Whether the node may have minded the form of the parameter: it says so, or says nothing that can be understood. */
function mayBeForm(error: unknown): boolean {
  if (!(error instanceof HeadwaterError) || error.code !== "node-rpc-error") return false;
  return isRpcError(error, "invalid-params") || error.details["reason"] === undefined;
}

function hashForm({ hash }: BlockRef, form: "canonical" | "hash"): unknown {
  return form === "canonical" ? { blockHash: hash, requireCanonical: true } : { blockHash: hash };
}
