import type { Dispatcher } from "undici";
import type { WireAnswer } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/**
 * Gathers one answer over HTTP as it arrives, of at most `LIMITS.nodeResponseBytes`. It takes the chunks from the
 * connection itself: a stream in between costs more than all else that is done for a request.
 */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  /** Rejects with `node-response-too-large`, with what `undici` says, or with the reason of `abort`. */
  readonly answer: Promise<WireAnswer>;
  readonly #node: string;
  readonly #settle: PromiseWithResolvers<WireAnswer>;
  #controller: Dispatcher.DispatchController | undefined;
  #abortedWith: Error | undefined;
  #status = 0;
  #retryAfter: string | undefined;
  /** What has come of a body whose length was announced, as long as it keeps to that; else it is in `#chunks`. */
  #body: Uint8Array | undefined;
  readonly #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  /** @param node its name, for error texts */
  constructor(node: string) {
    this.#node = node;
    this.#settle = Promise.withResolvers<WireAnswer>();
    this.answer = this.#settle.promise;
  }

  /** Gives the request up. `answer` rejects at once. */
  abort(reason: unknown): void {
    this.#settle.reject(reason);
    this.#abortedWith = reason instanceof Error ? reason : new Error("the request was given up");
    this.#controller?.abort(this.#abortedWith);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedWith) controller.abort(this.#abortedWith);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const retryAfter = headers["retry-after"];
    this.#retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
    const length = Number(headers["content-length"]);
    if (!Number.isSafeInteger(length)) return;
    if (length > LIMITS.nodeResponseBytes) this.#refuse();
    else this.#body = new Uint8Array(length);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#abortedWith) return;
    const at = this.#sizeBytes;
    this.#sizeBytes += chunk.length;
    if (this.#body && this.#sizeBytes > this.#body.length) this.#spill(at);
    if (this.#body) this.#body.set(chunk, at);
    else if (this.#sizeBytes <= LIMITS.nodeResponseBytes) this.#chunks.push(chunk);
    else this.#refuse();
  }

  onResponseEnd(): void {
    if (this.#body && this.#body.length > this.#sizeBytes) this.#spill(this.#sizeBytes);
    this.#settle.resolve({ status: this.#status, retryAfter: this.#retryAfter, body: this.#body ?? this.#join() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle.reject(error);
  }

  #refuse(): void {
    const text = `node ${this.#node}: the answer is over ${LIMITS.nodeResponseBytes} bytes`;
    this.abort(new HeadwaterError("node-response-too-large", text));
  }

  /** The body does not have the length that was announced. */
  #spill(sizeBytes: number): void {
    if (this.#body) this.#chunks.push(this.#body.subarray(0, sizeBytes));
    this.#body = undefined;
  }

  /** A buffer of its own, never a view of a shared pool: it is handed over to a worker thread. */
  #join(): Uint8Array {
    const bytes = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
