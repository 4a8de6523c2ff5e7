import type { CallOptions } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { RpcShape } from "./rpc-shape.ts";

const METHOD = "getblockhash";

/**
 * Hashes of blocks far below a node's tip, asked for by the dozen: while a chain is taken in from its beginning each block
 * would else cost a request more, and one after the other.
 */
export class DeepHashes {
  readonly #client: JsonRpcClient;
  /** The newest last. */
  readonly #runs = new Map<number, Promise<readonly string[]>>();

  constructor(client: JsonRpcClient) {
    this.#client = client;
  }

  /** The hash at the height, which must be at least a run below the tip. */
  async fetch(height: number, options: CallOptions): Promise<string> {
    const first = height - (height % LIMITS.hashRunBlocks);
    let run = this.#runs.get(first);
    if (run === undefined) {
      run = this.#ask(first, options);
      this.#runs.set(first, run);
      // A run that failed is asked for again, by whoever needs it next.
      run.catch(() => this.#runs.delete(first));
      for (const oldest of this.#runs.keys()) {
        if (this.#runs.size <= LIMITS.hashRuns) break;
        this.#runs.delete(oldest);
      }
    }
    return (await run)[height - first] as string;
  }

  async #ask(first: number, { signal: _signal, ...options }: CallOptions): Promise<readonly string[]> {
    // Without the signal: others wait for the same run.
    const heights = Array.from({ length: LIMITS.hashRunBlocks }, (_, i) => first + i);
    const calls = heights.map((height) => ({ method: METHOD, params: [height] }));
    const shape = new RpcShape(this.#client.node, METHOD);
    return (await this.#client.batchResults(calls, options)).map((hash) => shape.hash(hash, "the hash"));
  }
}
