import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { RawBlock, SpentOutputs } from "../core/contracts/plugin.ts";
import { errorFromData, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { DecodeAnswer, DecodedBlock, DecodeWorkerData, MarkedCopy, OpenBlock } from "./decode-protocol.ts";
import { packOutputs } from "./outputs/packed-outputs.ts";
import { asDecoded, asOpen } from "./read-answer.ts";

/** Verifies, decodes and seals blocks. Tests may do it in the thread at hand. */
export interface BlockDecoder {
  /**
   * Hands the raw block's bytes over: they are gone for the caller. A block of a chain whose ledger knows the outputs comes
   * back open, with one look taken: it is to be completed.
   * @param marked whether copies of other nodes will be compared with it
   * @throws HeadwaterError of fault `data` or `node` for a bad block, `plugin-invalid`, `shutting-down`
   */
  run(chain: string, raw: RawBlock, marked?: boolean): Promise<DecodedBlock | OpenBlock>;
  /**
   * Decodes another node's copy of a block for nothing but to be compared, and verifies it where it is not `like`: a verified
   * copy of the same block that was asked for in the same way. Hands the bytes over.
   * @throws as `run`
   */
  mark(chain: string, raw: RawBlock, like?: MarkedCopy): Promise<MarkedCopy>;
  /**
   * The second look, with what the block spends, in the order in which it was listed. To be called once for a block.
   * @throws as `run`
   */
  complete(chain: string, block: OpenBlock, spent: SpentOutputs): Promise<DecodedBlock>;
  /**
   * Which accounts of a chain of scope `watched` are kept (an `AccountTable`), in every block that is handed over from now on.
   * To be called before the chain's first block.
   */
  watch(chain: string, table: SharedArrayBuffer): void;
}

/** What comes of a job. */
type Done = DecodedBlock | OpenBlock | MarkedCopy;

type Pending = {
  readonly id: number;
  readonly chain: string;
  /** Of a first look, or of a copy. */
  readonly raw?: RawBlock;
  /** What is asked beside that: of a first look, whether it is marked; of a copy, what it may be like. */
  readonly asked?: { readonly marked: boolean } | { readonly like: MarkedCopy | undefined };
  /** Of a second look. */
  readonly open?: OpenBlock;
  readonly spent?: SpentOutputs;
  /** The thread that has the block at hand. */
  home: object | undefined;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: HeadwaterError) => void;
};

/** A thread and the jobs it was given, oldest first. */
type Lane = { worker: Worker; jobs: Pending[]; timer: NodeJS.Timeout | undefined };

/** Jobs given to one thread at once: it begins the next while the main thread takes the last one's answer. */
const JOBS_PER_LANE = 2;

/**
 * How many threads decode on a machine of so many cores. The main thread has one for itself, but on two cores: there it leaves
 * most of it, and two threads decode half as much again as one.
 */
export function decodeThreads(cores: number): number {
  return cores <= 2 ? cores : cores - 1;
}

/**
 * Verifies and decodes blocks off the main thread. A plugin that crashes its thread or does not come back fails only the
 * blocks at hand: the thread is replaced and the others go on.
 *
 * The queues hold what the chains' pipelines have fetched, so their caps are its cap. Second looks go first, and to the thread
 * that had the first one, unless that one is busy and another has nothing to do.
 */
export class DecodePool implements BlockDecoder {
  readonly #data: DecodeWorkerData;
  readonly #lanes: Lane[] = [];
  readonly #looks: Pending[] = [];
  readonly #completions: Pending[] = [];
  /** By chain, for threads that begin anew. */
  readonly #tables = new Map<string, SharedArrayBuffer>();
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

  async run(chain: string, raw: RawBlock, marked = false): Promise<DecodedBlock | OpenBlock> {
    return (await this.#look(chain, raw, { marked })) as DecodedBlock | OpenBlock;
  }

  async mark(chain: string, raw: RawBlock, like?: MarkedCopy): Promise<MarkedCopy> {
    return (await this.#look(chain, raw, { like })) as MarkedCopy;
  }

  complete(chain: string, open: OpenBlock, spent: SpentOutputs): Promise<DecodedBlock> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(stopped());
      const done = (decoded: Done) => resolve(decoded as DecodedBlock);
      const home = open.seen?.lane;
      this.#completions.push({ id: this.#nextId++, chain, open, spent, home, resolve: done, reject });
      this.#dispatch();
    });
  }

  watch(chain: string, table: SharedArrayBuffer): void {
    this.#tables.set(chain, table);
    for (const { worker } of this.#lanes) worker.postMessage({ chain, watched: table });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const pending of [...this.#looks.splice(0), ...this.#completions.splice(0)]) pending.reject(stopped());
    await Promise.all(
      this.#lanes.map(async (lane) => {
        clearTimeout(lane.timer);
        for (const pending of lane.jobs.splice(0)) pending.reject(stopped());
        await lane.worker.terminate();
      }),
    );
  }

  #look(chain: string, raw: RawBlock, asked: NonNullable<Pending["asked"]>): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(stopped());
      this.#looks.push({ id: this.#nextId++, chain, raw, asked, home: undefined, resolve, reject });
      this.#dispatch();
    });
  }

  #start(lane: Lane): void {
    const worker = new Worker(
      new URL(import.meta.url.endsWith(".ts") ? "./decode-worker.ts" : "./decode-worker.js", import.meta.url),
      { workerData: this.#data, env: workerEnvironment() },
    );
    worker.unref();
    worker.on("message", (answer: DecodeAnswer) => this.#settle(lane, worker, answer));
    worker.on("error", (error) => this.#replace(lane, worker, `the decode thread crashed: ${error.message}`));
    worker.on("exit", (code) => this.#replace(lane, worker, `the decode thread ended with code ${code}`));
    for (const [chain, watched] of this.#tables) worker.postMessage({ chain, watched });
    lane.worker = worker;
  }

  #dispatch(): void {
    for (let depth = 0; depth < JOBS_PER_LANE; depth++) {
      for (const lane of this.#lanes) {
        if (lane.jobs.length > depth) continue;
        const pending = this.#next(lane);
        if (!pending) continue;
        lane.jobs.push(pending);
        lane.worker.ref();
        give(lane.worker, pending);
        if (lane.jobs.length === 1) this.#watch(lane);
      }
    }
  }

  #next(lane: Lane): Pending | undefined {
    if (this.#completions.length === 0) return this.#looks.shift();
    const lanes = new Map(this.#lanes.map((each) => [each.worker as object, each]));
    const isOwn = ({ home }: Pending) => home === undefined || home === lane.worker || !lanes.has(home);
    const own = this.#completions.findIndex(isOwn);
    if (own !== -1) return this.#completions.splice(own, 1)[0];
    const look = this.#looks.shift();
    if (look) return look;
    const isStuck = ({ home }: Pending) => (lanes.get(home as object)?.jobs.length ?? 0) >= JOBS_PER_LANE;
    const stuck = this.#completions.findIndex(isStuck);
    return stuck === -1 ? undefined : this.#completions.splice(stuck, 1)[0];
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

  #settle(lane: Lane, worker: Worker, answer: DecodeAnswer): void {
    const at = lane.jobs.findIndex(({ id }) => id === answer.id);
    const [pending] = at === -1 ? [] : lane.jobs.splice(at, 1);
    if (!pending) return;
    if ("forgotten" in answer) this.#completions.unshift({ ...pending, home: undefined });
    this.#watch(lane);
    this.#dispatch();
    if ("error" in answer) pending.reject(errorFromData(answer.error));
    else if ("opened" in answer) pending.resolve(asOpen(answer, pending.raw as RawBlock, worker));
    else if ("completed" in answer) pending.resolve(asDecoded(answer.completed));
    else if ("marked" in answer) pending.resolve(answer.marked);
    else if ("sealed" in answer) pending.resolve(asDecoded(answer));
  }

  /** The thread is gone, and with it the bytes of all its jobs: they are to be fetched again. */
  #replace(lane: Lane, worker: Worker, message: string): void {
    if (this.#closed || lane.worker !== worker) return;
    clearTimeout(lane.timer);
    const lost = lane.jobs.splice(0);
    void worker.terminate();
    this.#start(lane);
    for (const { chain, reject } of lost) {
      reject(
        new HeadwaterError("plugin-invalid", `${chain}: ${message}`, {
          retry: { sameNode: false, otherNode: true },
        }),
      );
    }
    this.#dispatch();
  }
}

function stopped(): HeadwaterError {
  return new HeadwaterError("shutting-down", "the decode threads are stopped");
}

/** The bytes move to the thread, unless it has them. */
function give(worker: Worker, { id, chain, raw, asked, open, spent, home }: Pending): void {
  if (!open) {
    worker.postMessage({ id, chain, raw, ...asked }, raw ? buffersOf(raw) : []);
    return;
  }
  const packed = packOutputs(spent ?? [], false);
  if (home === worker) worker.postMessage({ id, chain, seen: open.seen?.id, spent: packed });
  else worker.postMessage({ id, chain, raw: open.raw, spent: packed }, buffersOf(open.raw));
}

function buffersOf({ parts }: RawBlock): ArrayBuffer[] {
  return [...new Set(Object.values(parts).map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Threads do not inherit the cache of compiled modules: what the program has enabled is named to them. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  // The cache keeps a folder of its own for each version of Node, below the one that it was enabled with.
  return directory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(directory) };
}
