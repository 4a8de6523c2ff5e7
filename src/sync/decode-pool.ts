import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
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

/** Verifies, decodes and seals blocks. Tests may do it in the thread at hand. */
export interface BlockDecoder {
  /**
   * Hands the raw block's bytes over: they are gone for the caller.
   * @throws HeadwaterError of fault `data` or `node` for a bad block, `plugin-invalid`, `shutting-down`
   */
  run(chain: string, raw: RawBlock): Promise<DecodedBlock>;
}

/** A thread and the jobs it was given, oldest first. */
type Lane = { worker: Worker; jobs: Pending[]; timer: NodeJS.Timeout | undefined };

/** Jobs given to one thread at once: it begins the next while the main thread takes the last one's answer. */
const JOBS_PER_LANE = 2;

/**
 * Verifies and decodes blocks off the main thread. A plugin that crashes its thread or does not come back fails only the
 * blocks at hand: the thread is replaced and the others go on.
 *
 * The queue holds what the chains' pipelines have fetched, so their caps are its cap.
 */
export class DecodePool implements BlockDecoder {
  readonly #data: DecodeWorkerData;
  readonly #lanes: Lane[] = [];
  readonly #waiting: Pending[] = [];
  #nextId = 1;
  #closed = false;

  constructor(data: DecodeWorkerData, threads: number) {
    this.#data = data;
    for (let i = 0; i < threads; i++) {
      const lane: Lane = { worker: undefined as unknown as Worker, jobs: [], timer: undefined };
      this.#start(lane);
      this.#lanes.push(lane);
    }
  }

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
        for (const pending of lane.jobs.splice(0)) pending.reject(stopped);
        await lane.worker.terminate();
      }),
    );
  }

  #start(lane: Lane): void {
    const worker = new Worker(
      new URL(import.meta.url.endsWith(".ts") ? "./decode-worker.ts" : "./decode-worker.js", import.meta.url),
      { workerData: this.#data, env: workerEnvironment() },
    );
    worker.unref();
    worker.on("message", (answer: DecodeAnswer) => this.#settle(lane, answer));
    worker.on("error", (error) => this.#replace(lane, worker, `the decode thread crashed: ${error.message}`));
    worker.on("exit", (code) => this.#replace(lane, worker, `the decode thread ended with code ${code}`));
    lane.worker = worker;
  }

  #dispatch(): void {
    for (let depth = 0; depth < JOBS_PER_LANE; depth++) {
      for (const lane of this.#lanes) {
        if (lane.jobs.length > depth) continue;
        const pending = this.#waiting.shift();
        if (!pending) return;
        const buffers = Object.values(pending.job.raw.parts).map((part) => part.buffer as ArrayBuffer);
        lane.jobs.push(pending);
        lane.worker.ref();
        lane.worker.postMessage(pending.job, [...new Set(buffers)]);
        if (lane.jobs.length === 1) this.#watch(lane);
      }
    }
  }

  /** Times the oldest job of a lane. */
  #watch(lane: Lane): void {
    clearTimeout(lane.timer);
    if (lane.jobs.length === 0) {
      lane.worker.unref();
      return;
    }
    lane.timer = setTimeout(
      () => this.#replace(lane, lane.worker, `the block was not decoded within ${LIMITS.decodeTimeoutMs} ms`),
      LIMITS.decodeTimeoutMs,
    );
  }

  #settle(lane: Lane, answer: DecodeAnswer): void {
    const at = lane.jobs.findIndex(({ job }) => job.id === answer.id);
    const [pending] = at === -1 ? [] : lane.jobs.splice(at, 1);
    if (!pending) return;
    this.#watch(lane);
    this.#dispatch();
    if ("sealed" in answer) pending.resolve(answer);
    else pending.reject(errorFromData(answer.error));
  }

  /** The thread is gone, and with it the bytes of all its jobs: they are to be fetched again. */
  #replace(lane: Lane, worker: Worker, message: string): void {
    if (this.#closed || lane.worker !== worker) return;
    clearTimeout(lane.timer);
    const lost = lane.jobs.splice(0);
    void worker.terminate();
    this.#start(lane);
    for (const { job, reject } of lost) {
      reject(
        new HeadwaterError("plugin-invalid", `${job.chain}: ${message}`, {
          retry: { sameNode: false, otherNode: true },
        }),
      );
    }
    this.#dispatch();
  }
}

/** Threads do not inherit the cache of compiled modules: what the program has enabled is named to them. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  // The cache keeps a folder of its own for each version of Node, below the one that it was enabled with.
  return directory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(directory) };
}
