/** Bytes of a WebAssembly function's body, written instruction by instruction (WebAssembly core specification, section 5.4). */
export class WasmCode {
  readonly bytes: number[] = [];

  #op(...codes: number[]): this {
    this.bytes.push(...codes);
    return this;
  }

  /** An instruction of the vector extension. */
  #vector(code: number): this {
    this.bytes.push(0xfd, ...unsigned(code));
    return this;
  }

  get(local: number): this {
    return this.#op(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#op(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.#op(0x22, ...unsigned(local));
  }

  number(value: number): this {
    return this.#op(0x41, ...signed(value));
  }

  addNumbers(): this {
    return this.#op(0x6a);
  }

  call(functionIndex: number): this {
    return this.#op(0x10, ...unsigned(functionIndex));
  }

  /** Runs the body as often as the local says, which is counted down to 0 by `step`; at least once. */
  repeat(counter: number, step: number, body: () => void): this {
    this.#op(0x03, 0x40);
    body();
    this.get(counter).number(-step).addNumbers().tee(counter).number(0);
    // i32.gt_s, br_if 0, end
    return this.#op(0x4a, 0x0d, 0, 0x0b);
  }

  /** A vector from the address on the stack and the offset. */
  load(offset: number): this {
    return this.#vector(0x00).#op(0, ...unsigned(offset));
  }

  store(offset: number): this {
    return this.#vector(0x0b).#op(0, ...unsigned(offset));
  }

  /** The same 32-bit word in all four lanes. */
  splat(word: number): this {
    const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
    return this.#vector(0x0c).#op(...bytes, ...bytes, ...bytes, ...bytes);
  }

  /** Bytes picked out of the 32 of two vectors. */
  shuffle(places: readonly number[]): this {
    return this.#vector(0x0d).#op(...places);
  }

  xor(): this {
    return this.#vector(0x51);
  }

  or(): this {
    return this.#vector(0x50);
  }

  and(): this {
    return this.#vector(0x4e);
  }

  /** The first where the third has ones, the second where it has zeros. */
  select(): this {
    return this.#vector(0x52);
  }

  shiftLeft(bits: number): this {
    return this.number(bits).#vector(0xab);
  }

  shiftRight(bits: number): this {
    return this.number(bits).#vector(0xad);
  }

  add(): this {
    return this.#vector(0xae);
  }
}

const VECTOR = 0x7b;
const NUMBER = 0x7f;

export type WasmFunction = { readonly parameters: number; readonly vectors: number; readonly code: WasmCode };

/** A module of functions that take numbers and give nothing, exported as `f0`, `f1`, … with the memory `memory`. */
export function buildModule(functions: readonly WasmFunction[], memoryPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...list(Array(parameters).fill([NUMBER])), 0]);
  const names = functions.map((_, i) => [...text(`f${i}`), 0, i]);
  const bodies = functions.map(({ vectors, code }) => {
    const body = [...list([[...unsigned(vectors), VECTOR]]), ...code.bytes, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(3, list(functions.map((_, i) => [i]))),
    ...section(5, list([[0, ...unsigned(memoryPages)]])),
    ...section(7, list([[...text("memory"), 2, 0], ...names])),
    ...section(10, list(bodies)),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function list(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(value: string): number[] {
  return [...unsigned(value.length), ...Buffer.from(value)];
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -0x40 || rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}
