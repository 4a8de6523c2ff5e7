import { batchFunction, compressFunction, FREE, prepareFunction } from "./four-lanes.ts";
import { buildModule } from "./wasm-code.ts";

/** Hashes in one call: the memory holds as many messages of 64 bytes. */
const BATCH = 4096;
const PAGE_BYTES = 64 * 1024;

/** What is used of WebAssembly, which the types of Node leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly f1: (from: number, to: number, count: number) => void;
  readonly f2: (from: number, to: number, count: number) => void;
  readonly f3: () => void;
};

const pages = Math.ceil((FREE + BATCH * 64) / PAGE_BYTES);
const functions = [compressFunction(), batchFunction(64, 0), batchFunction(32, 0), prepareFunction()];
const instance = new WebAssembly.Instance(new WebAssembly.Module(buildModule(functions, pages)));
const { memory, f1: hashPairs, f2: hashSingles, f3: prepare } = instance.exports as Exports;
const room = Buffer.from(memory.buffer, FREE);
prepare();

/**
 * Hashes each 64 bytes twice with SHA-256, and writes the hashes one after the other. Four at a time: one at a time by the
 * library of the platform takes three to four times as long, most of it the way there and back.
 * @param count of the messages; `to` may be `from`
 */
export function hashPairsTwice(from: Buffer, to: Buffer, count: number): void {
  run(hashPairs, 64, from, to, count);
}

/** Hashes each 32 bytes once with SHA-256. As `hashPairsTwice`. */
export function hashSinglesOnce(from: Buffer, to: Buffer, count: number): void {
  run(hashSingles, 32, from, to, count);
}

function run(hash: Exports["f1"], messageBytes: number, from: Buffer, to: Buffer, count: number): void {
  for (let first = 0; first < count; first += BATCH) {
    const size = Math.min(BATCH, count - first);
    from.copy(room, 0, first * messageBytes, (first + size) * messageBytes);
    hash(FREE, FREE, size);
    room.copy(to, first * 32, 0, size * 32);
  }
}
