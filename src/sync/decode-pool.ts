import { Worker } from "node:worker_threads";
import type { RawBlock } from "../core/contracts/plugin.ts";
import { errorFromData, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { DecodeAnswer, DecodedBlock, DecodeJob, DecodeWorkerData } from "./decode-worker.ts";

type Pending = {
  readonly job: DecodeJob;
  readonly resolve: (decoded: DecodedBlock) => void;
  readonly reject: (error: HeadwaterError) => void;
};

type Lane = { worker: Worker; current: Pending | undefined; timer: NodeJS.Timeout | undefined };

/**
 * Verifies and decodes blocks off the main thread. A plugin that crashes its thread or does not come back fails only the
 * block at hand: the thread is replaced and the other blocks go on.
 *
 * The queue holds what the chains' pipelines have fetched, so their caps are its cap.
 */
export class DecodePool {
  readonly #data: DecodeWorkerData;
  readonly #lanes: Lane[] = [];
  readonly #waiting: Pending[] = [];
  #nextId = 1;
  #closed = false;

  constructor(data: DecodeWorkerData, threads: number) {
    this.#data = data;
    for (let i = 0; i < threads; i++) {
      const lane: Lane = { worker: undefined as unknown as Worker, current: undefined, timer: undefined };
      this.#start(lane);
      this.#lanes.push(lane);
    }
  }

  /** Hands the raw block's bytes over: they are gone for the caller. */
  run(chain: string, raw: RawBlock): Promise<DecodedBlock> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new HeadwaterError("shutting-down", "the decode threads are stopped"));
      this.#waiting.push({ job: { id: this.#nextId++, chain, raw }, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const stopped = new HeadwaterError("shutting-down", "the decode threads are stopped");
    for (const pending of this.#waiting.splice(0)) pending.reject(stopped);
    await Promise.all(
      this.#lanes.map(async (lane) => {
        clearTimeout(lane.timer);
        lane.current?.reject(stopped);
        lane.current = undefined;
        await lane.worker.terminate();
      }),
    );
  }

  #start(lane: Lane): void {
    const worker = new Worker(
      new URL(import.meta.url.endsWith(".ts") ? "./decode-worker.ts" : "./decode-worker.js", import.meta.url),
      {
        workerData: this.#data,
      },
    );
    worker.unref();
    worker.on("message", (answer: DecodeAnswer) => this.#settle(lane, answer));
    worker.on("error", (error) => this.#replace(lane, worker, `the decode thread crashed: ${error.message}`));
    worker.on("exit", (code) => this.#replace(lane, worker, `the decode thread ended with code ${code}`));
    lane.worker = worker;
  }

  #dispatch(): void {
    for (const lane of this.#lanes) {
      if (lane.current) continue;
      const pending = this.#waiting.shift();
      if (!pending) return;
      lane.current = pending;
      lane.timer = setTimeout(
        () => this.#replace(lane, lane.worker, `the block was not decoded within ${LIMITS.decodeTimeoutMs} ms`),
        LIMITS.decodeTimeoutMs,
      );
      const buffers = Object.values(pending.job.raw.parts).map((part) => part.buffer as ArrayBuffer);
      lane.worker.ref();
      lane.worker.postMessage(pending.job, [...new Set(buffers)]);
    }
  }

  #settle(lane: Lane, answer: DecodeAnswer): void {
    const pending = lane.current;
    if (!pending || pending.job.id !== answer.id) return;
    clearTimeout(lane.timer);
    lane.current = undefined;
    lane.worker.unref();
    if ("decoded" in answer) pending.resolve(answer.decoded);
    else pending.reject(errorFromData(answer.error));
    this.#dispatch();
  }

  #replace(lane: Lane, worker: Worker, message: string): void {
    if (this.#closed || lane.worker !== worker) return;
    clearTimeout(lane.timer);
    const pending = lane.current;
    lane.current = undefined;
    void worker.terminate();
    this.#start(lane);
    pending?.reject(
      new HeadwaterError("plugin-invalid", `${pending.job.chain}: ${message}`, {
        retry: { sameNode: false, otherNode: true },
      }),
    );
    this.#dispatch();
  }
}
