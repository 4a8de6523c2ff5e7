import { buildKeccakModule, buildRoundConstants, LAYOUT, PAGE_BYTES, RATE_BYTES } from "./keccak-module.ts";

/** As much of a message as is copied at once: a whole number of blocks that leaves room for the padding in one page. */
const CHUNK_BYTES = Math.floor((PAGE_BYTES - LAYOUT.input) / RATE_BYTES - 1) * RATE_BYTES;

type Absorb = (block: number, count: number) => void;

/** As much of WebAssembly's interface as is used: its types come with a browser's, which nothing here is to have. */
type WasmRuntime = {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

const { state, input, absorb } = instantiate();

function instantiate(): { state: Buffer; input: Buffer; absorb: Absorb } {
  const { Instance, Module } = (globalThis as unknown as { readonly WebAssembly: WasmRuntime }).WebAssembly;
  const { exports } = new Instance(new Module(buildKeccakModule()));
  const { buffer } = exports["memory"] as { readonly buffer: ArrayBuffer };
  new BigUint64Array(buffer, LAYOUT.roundConstants).set(buildRoundConstants());
  return {
    state: Buffer.from(buffer, LAYOUT.state, 200),
    input: Buffer.from(buffer, LAYOUT.input),
    absorb: exports["absorb"] as Absorb,
  };
}

/** Keccak-256 of the bytes: 32 bytes of their own. Synchronous and not to be interrupted, so the one memory serves all. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  digest(bytes);
  return Uint8Array.prototype.slice.call(state, 0, 32);
}

/** Keccak-256 of the bytes as lower-case hex after `0x`. */
export function keccakHex(bytes: Uint8Array): string {
  digest(bytes);
  return `0x${state.toString("hex", 0, 32)}`;
}

/** Leaves the digest in the first 32 bytes of the state. */
function digest(bytes: Uint8Array): void {
  state.fill(0);
  let at = 0;
  for (; bytes.length - at > CHUNK_BYTES; at += CHUNK_BYTES) {
    input.set(bytes.subarray(at, at + CHUNK_BYTES), 0);
    absorb(LAYOUT.input, CHUNK_BYTES / RATE_BYTES);
  }
  const rest = bytes.length - at;
  input.set(at === 0 ? bytes : bytes.subarray(at), 0);
  const blocks = Math.floor(rest / RATE_BYTES) + 1;
  const end = blocks * RATE_BYTES;
  input.fill(0, rest, end);
  input[rest] = 0x01;
  input[end - 1] = (input[end - 1] as number) | 0x80;
  absorb(LAYOUT.input, blocks);
}
