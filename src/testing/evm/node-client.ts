import { HeadwaterError } from "../../core/errors.ts";

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

type RpcAnswer = { readonly id: number; readonly result?: unknown; readonly error?: { readonly message: string } };

/** A plain JSON-RPC 2.0 client for the test network's own nodes. Results are as the node gave them. */
export class NodeClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws HeadwaterError `test-node-failed` when the node cannot be reached or answers with an error */
  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const [result] = await this.batch([{ method, params }]);
    return result;
  }

  /** Sends the calls in one request. Results in the order of the calls; the first error of any is thrown. */
  async batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const answers = await this.#post(calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call })));
    const results = new Array<unknown>(calls.length);
    for (const { id, result, error } of answers) {
      if (error) throw new HeadwaterError("test-node-failed", `${this.url} ${calls[id]?.method}: ${error.message}`);
      results[id] = result;
    }
    return results;
  }

  async #post(requests: readonly unknown[]): Promise<RpcAnswer[]> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(requests),
      });
      const answers: unknown = await response.json();
      if (!Array.isArray(answers)) throw new Error(`expected a batch's answers, got ${JSON.stringify(answers)}`);
      return answers;
    } catch (error) {
      throw new HeadwaterError("test-node-failed", `${this.url} did not answer: ${error}`, { cause: error });
    }
  }
}
