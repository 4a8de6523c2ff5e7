import type { CallOptions, NodeTransport } from "../../core/contracts/plugin.ts";
import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import {
  type Asked,
  checkAnswerBytes,
  checkBatchBytes,
  readAnswer,
  readBatchAnswer,
  readErrorBody,
} from "./answers.ts";
import {
  type ClassifyRefusal,
  type ClassifyRpcError,
  encodeBatch,
  encodeCall,
  nameMethods,
  type ParseJson,
  type RpcCall,
  type RpcOutcome,
  unwrap,
} from "./messages.ts";

/** HTTP statuses by which gateways refuse a batch as such, rather than fail: the same calls may pass in smaller ones. */
const REFUSING_STATUSES = new Set([400, 405, 413, 415, 422, 501]);

/** Errors that keep a request from an answer at all, whatever was called: in a batch they fail it as a whole. */
const REQUEST_ERRORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "node-unreachable",
  "node-timeout",
  "node-throttled",
  "node-http-error",
  "overloaded",
]);

/** What came of a batch whose bytes were asked for: the answer, or nothing where the node wants smaller batches. */
export type RawBatch =
  | { readonly kind: "answer"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly error: HeadwaterError };

/**
 * JSON-RPC 2.0 over a node's transport. Every method may be called at once with others. How large a batch the node takes
 * is learnt from its refusals and kept for the connection's life; a batch of one is sent as a single request.
 *
 * Errors: those of the transport, `node-bad-response`, and what `classify` makes of the node's error objects. Their texts
 * name node and method, never a URL.
 */
export class JsonRpcClient {
  readonly node: string;
  readonly #transport: NodeTransport;
  readonly #classify: ClassifyRpcError;
  readonly #classifyRefusal: ClassifyRefusal | undefined;
  readonly #parse: ParseJson | undefined;
  #batchCalls: number = LIMITS.jsonRpcBatchCalls;

  /**
   * @param classifyRefusal what to make of an HTTP error in which no JSON-RPC error stands. Default: it stays what it is
   * @param parse how answers are read. Default: JSON.parse
   */
  constructor(
    transport: NodeTransport,
    classify: ClassifyRpcError,
    classifyRefusal?: ClassifyRefusal,
    parse?: ParseJson,
  ) {
    this.#parse = parse;
    this.node = transport.node;
    this.#transport = transport;
    this.#classify = classify;
    this.#classifyRefusal = classifyRefusal;
  }

  /** How many calls the node takes in one batch, as far as known. 1 where it takes no batches. */
  get batchCalls(): number {
    return this.#batchCalls;
  }

  /** The result of one call. `null` is a result. */
  async call(method: string, params: readonly unknown[], options?: CallOptions): Promise<unknown> {
    const bytes = await this.#post(encodeCall({ method, params }, 1), method, options);
    return readAnswer(bytes, 1, this.#asked(method));
  }

  /**
   * An outcome for every call, in the order asked, from as few requests as the node allows. Rejects only when a request
   * as a whole failed.
   */
  async batch(calls: readonly RpcCall[], options?: CallOptions): Promise<RpcOutcome[]> {
    const chunks: RpcCall[][] = [];
    for (let i = 0; i < calls.length; i += this.#batchCalls) chunks.push(calls.slice(i, i + this.#batchCalls));
    const outcomes: RpcOutcome[] = [];
    // A few at a time: more would only wait in the transport's queue, which is bounded.
    for (let i = 0; i < chunks.length; i += LIMITS.nodeConcurrency) {
      const window = chunks.slice(i, i + LIMITS.nodeConcurrency);
      for (const part of await Promise.all(window.map((chunk) => this.#sendChunk(chunk, options)))) {
        outcomes.push(...part);
      }
    }
    return outcomes;
  }

  /** As `batch`, where every call must succeed. @throws HeadwaterError of the first call that failed */
  async batchResults(calls: readonly RpcCall[], options?: CallOptions): Promise<unknown[]> {
    return (await this.batch(calls, options)).map(unwrap);
  }

  /**
   * The answer's bytes to one batch, unread but for a look at their first and last character. The ids are the caller's.
   * `refused` when the node takes no batch of this size: single requests may pass.
   */
  async postBatch(calls: readonly RpcCall[], ids: readonly number[], options?: CallOptions): Promise<RawBatch> {
    const methods = nameMethods(calls);
    try {
      const bytes = await this.#post(encodeBatch(calls, ids), methods, options);
      const error = checkBatchBytes(bytes, this.#asked(methods));
      return error ? refusal(error) : { kind: "answer", bytes };
    } catch (error) {
      return refusal(error);
    }
  }

  /** The answer's bytes to one request, unread but for a look at their first and last character. */
  async postCall(call: RpcCall, id: number, options?: CallOptions): Promise<Uint8Array> {
    const bytes = await this.#post(encodeCall(call, id), call.method, options);
    checkAnswerBytes(bytes, this.#asked(call.method));
    return bytes;
  }

  /** Remembers that smaller batches passed where one of more calls was refused. */
  learnBatchCalls(calls: number): void {
    this.#batchCalls = Math.max(1, Math.min(this.#batchCalls, calls));
  }

  async #sendChunk(calls: readonly RpcCall[], options?: CallOptions): Promise<readonly RpcOutcome[]> {
    const [only] = calls;
    if (only && calls.length === 1) return [await this.#sendOne(only, options)];
    const answer = await this.#sendBatch(calls, options);
    if (answer.kind === "outcomes") return answer.outcomes;
    const half = Math.ceil(calls.length / 2);
    const outcomes = [
      ...(await this.#sendChunk(calls.slice(0, half), options)),
      ...(await this.#sendChunk(calls.slice(half), options)),
    ];
    // Where every single call fails as well, the size of the batch was not what the node minded.
    if (outcomes.some(({ ok }) => ok)) this.learnBatchCalls(half);
    return outcomes;
  }

  async #sendOne(call: RpcCall, options?: CallOptions): Promise<RpcOutcome> {
    try {
      return { ok: true, result: await this.call(call.method, call.params, options) };
    } catch (error) {
      if (!(error instanceof HeadwaterError) || REQUEST_ERRORS.has(error.code)) throw error;
      return { ok: false, error };
    }
  }

  async #sendBatch(calls: readonly RpcCall[], options?: CallOptions) {
    const methods = nameMethods(calls);
    const ids = calls.map((_, i) => i + 1);
    try {
      const bytes = await this.#post(encodeBatch(calls, ids), methods, options);
      const answer = readBatchAnswer(bytes, calls, ids, this.#asked(methods));
      return answer.kind === "refused" ? refusal(answer.error) : answer;
    } catch (error) {
      return refusal(error);
    }
  }

  /** Some nodes send a JSON-RPC error with an HTTP error status: the object says more than the status. */
  async #post(body: string, method: string, options?: CallOptions): Promise<Uint8Array> {
    try {
      return await this.#transport.post(body, options);
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.code !== "node-http-error") throw error;
      const { status, body: text = "" } = error.details as { status?: number; body?: string };
      const object = readErrorBody(text);
      if (object) throw this.#classify(object, this.node, method);
      throw this.#classifyRefusal?.(status ?? 0, text, this.node, method) ?? error;
    }
  }

  #asked(method: string): Asked {
    return { node: this.node, method, classify: this.#classify, parse: this.#parse };
  }
}

/** Tells a refusal of the batch, after which smaller ones are worth trying, from a failure, which is thrown. */
function refusal(error: unknown): { readonly kind: "refused"; readonly error: HeadwaterError } {
  if (!(error instanceof HeadwaterError)) throw error;
  const { code, details } = error;
  const status = details["status"];
  const refused =
    code === "node-rpc-error" ||
    code === "node-method-unsupported" ||
    code === "node-response-too-large" ||
    (code === "node-http-error" && typeof status === "number" && REFUSING_STATUSES.has(status));
  if (!refused) throw error;
  return { kind: "refused", error };
}
