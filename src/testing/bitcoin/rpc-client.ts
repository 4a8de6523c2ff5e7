import { Pool } from "undici";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

type RpcError = { readonly code: number; readonly message: string };
type RpcAnswer = { readonly id: number; readonly result?: unknown; readonly error?: RpcError | null };

/** Connections at once: a node keeps a thread for each call that waits for a block. */
const CONNECTIONS = 8;

/** The node's JSON-RPC 1.0 over HTTP with basic authentication. Results are as `JSON.parse` gives them. */
export class RpcClient {
  readonly #address: string;
  readonly #authorization: string;
  #pool: Pool | undefined;

  /** @param url with user and password. No error names it. */
  constructor(url: string) {
    const { origin, username, password } = new URL(url);
    this.#address = origin;
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /**
   * @throws HeadwaterError `test-node-failed` when the node cannot be reached, or answers with an error: then
   *   `details.rpcCode` is its code
   */
  async call<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    const [result] = await this.batch([{ method, params }]);
    return result as T;
  }

  /** Any number of calls, several in one request. Results in the order of the calls; the first error of any is thrown. */
  async batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    const results: unknown[] = [];
    for (let from = 0; from < calls.length; from += LIMITS.testRpcBatchCalls) {
      results.push(...(await this.#batch(calls.slice(from, from + LIMITS.testRpcBatchCalls))));
    }
    return results;
  }

  /** Ends all connections: a node that shall stop waits for those that are kept open. The next call opens new ones. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  async #batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    const answers = await this.#post(calls.map(({ method, params }, id) => ({ jsonrpc: "1.0", id, method, params })));
    const results = new Array<unknown>(calls.length);
    for (const { id, result, error } of answers) {
      if (error) {
        throw new HeadwaterError("test-node-failed", `${this.#address} ${calls[id]?.method}: ${error.message}`, {
          details: { rpcCode: error.code },
        });
      }
      results[id] = result;
    }
    return results;
  }

  async #post(requests: readonly unknown[]): Promise<RpcAnswer[]> {
    try {
      this.#pool ??= new Pool(this.#address, { connections: CONNECTIONS });
      const { statusCode, body } = await this.#pool.request({
        method: "POST",
        path: "/",
        headers: { authorization: this.#authorization, "content-type": "application/json" },
        body: JSON.stringify(requests),
      });
      const text = await body.text();
      if (statusCode === 401) throw new Error("status 401");
      const answers: unknown = JSON.parse(text);
      if (!Array.isArray(answers)) throw new Error(`expected a batch's answers, got ${JSON.stringify(answers)}`);
      return answers;
    } catch (error) {
      throw new HeadwaterError("test-node-failed", `${this.#address} did not answer: ${error}`, { cause: error });
    }
  }
}
