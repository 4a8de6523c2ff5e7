import { WasmCode, type WasmFunction } from "./wasm-code.ts";

/**
 * SHA-256 (FIPS 180-4) of four messages at once, one in each lane of WebAssembly's vectors. Words are in the hash's order of
 * bytes; a row is one word of all four messages, 16 bytes.
 */

/** Where in the memory the eight rows of the state stand, and the sixteen of a block. The rest is the caller's. */
const STATE = 0;
const BLOCK = 128;
/** The second block of a message of 64 bytes: padding alone. */
const PADDING = 384;
export const FREE = 640;

const ROUNDS = fractions(64, 3);
const INITIAL = fractions(8, 2);

/** The first 32 bits behind the point of the roots of the first primes: what the hash's constants are. */
function fractions(count: number, root: 2 | 3): number[] {
  const words: number[] = [];
  for (let n = 2; words.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
    // Exact: a double holds 53 bits, and the root's whole part takes at most 5 of them.
    if (prime) words.push(Math.floor(((root === 2 ? Math.sqrt(n) : Math.cbrt(n)) % 1) * 2 ** 32) | 0);
  }
  return words;
}

/** Takes the sixteen rows at the address into the state. */
export function compressFunction(): WasmFunction {
  const code = new WasmCode();
  const word = (i: number) => 1 + (i & 15);
  // The names of the eight variables go round with each round: nothing is moved.
  const variable = (round: number, i: number) => 17 + ((i - round + 128) & 7);
  const scratch = 25;
  for (let i = 0; i < 16; i++)
    code
      .get(0)
      .load(i * 16)
      .set(word(i));
  for (let i = 0; i < 8; i++)
    code
      .number(STATE)
      .load(i * 16)
      .set(variable(0, i));
  for (let round = 0; round < 64; round++) {
    const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, i) => variable(round, i)) as Eight;
    if (round >= 16) {
      code.get(word(round));
      mix(code, word(round + 1), [7, 18], 3);
      code
        .add()
        .get(word(round + 9))
        .add();
      mix(code, word(round + 14), [17, 19], 10);
      code.add().set(word(round));
    }
    code
      .get(h)
      .get(word(round))
      .add()
      .splat(ROUNDS[round] as number)
      .add();
    mix(code, e, [6, 11, 25]);
    code.add().get(f).get(g).get(e).select().add().tee(scratch);
    code.get(d).add().set(d).get(scratch);
    mix(code, a, [2, 13, 22]);
    // The majority: b where a and b differ decides nothing, c does.
    code.add().get(c).get(b).get(a).get(b).xor().select().add().set(h);
  }
  for (let i = 0; i < 8; i++) {
    code
      .number(STATE)
      .number(STATE)
      .load(i * 16)
      .get(variable(64, i))
      .add()
      .store(i * 16);
  }
  return { parameters: 1, vectors: 25, code };
}

type Eight = [number, number, number, number, number, number, number, number];

/** The rotations of a word to the right, and one shift, laid over each other. */
function mix(code: WasmCode, local: number, rotations: readonly number[], shift?: number): void {
  for (const [i, bits] of rotations.entries()) {
    code
      .get(local)
      .shiftRight(bits)
      .get(local)
      .shiftLeft(32 - bits)
      .or();
    if (i > 0) code.xor();
  }
  if (shift !== undefined) code.get(local).shiftRight(shift).xor();
}

/**
 * `(from, to, count)`: hashes messages of 64 bytes twice, or of 32 bytes once, and writes the hashes one after the other.
 * Four at a time: the count is rounded up to fours. `to` may be `from`.
 */
export function batchFunction(messageBytes: 32 | 64, compress: number): WasmFunction {
  const code = new WasmCode();
  const [from, to, count] = [0, 1, 2];
  const lanes = 3;
  code.repeat(count, 4, () => {
    initialize(code);
    for (let part = 0; part < messageBytes / 16; part++) {
      for (let lane = 0; lane < 4; lane++)
        code
          .get(from)
          .load(lane * messageBytes + part * 16)
          .set(lanes + lane);
      transpose(code, lanes);
      for (let row = 0; row < 4; row++)
        code
          .number(BLOCK)
          .get(lanes + row)
          .store((part * 4 + row) * 16);
    }
    if (messageBytes === 64) {
      code.number(BLOCK).call(compress).number(PADDING).call(compress);
      for (let row = 0; row < 8; row++)
        code
          .number(BLOCK)
          .number(STATE)
          .load(row * 16)
          .store(row * 16);
      initialize(code);
    }
    pad(code, BLOCK, 8, 256);
    code.number(BLOCK).call(compress);
    for (let part = 0; part < 2; part++) {
      for (let row = 0; row < 4; row++)
        code
          .number(STATE)
          .load((part * 4 + row) * 16)
          .set(lanes + row);
      transpose(code, lanes);
      for (let lane = 0; lane < 4; lane++)
        code
          .get(to)
          .get(lanes + lane)
          .store(lane * 32 + part * 16);
    }
    code
      .get(from)
      .number(messageBytes * 4)
      .addNumbers()
      .set(from);
    code.get(to).number(128).addNumbers().set(to);
  });
  return { parameters: 3, vectors: 8, code };
}

/** Writes the padding block of 64 bytes. To be called once. */
export function prepareFunction(): WasmFunction {
  const code = new WasmCode();
  pad(code, PADDING, 0, 512);
  return { parameters: 0, vectors: 0, code };
}

function initialize(code: WasmCode): void {
  for (const [i, word] of INITIAL.entries())
    code
      .number(STATE)
      .splat(word)
      .store(i * 16);
}

/** Ends a block: a one bit, zeros, and the message's length in bits. */
function pad(code: WasmCode, block: number, firstRow: number, bits: number): void {
  for (let row = firstRow; row < 16; row++) {
    const word = row === firstRow ? 0x8000_0000 : row === 15 ? bits : 0;
    code
      .number(block)
      .splat(word)
      .store(row * 16);
  }
}

/**
 * Makes rows of lanes, or lanes of rows: word j of vector i becomes word i of vector j, its four bytes in the reverse order.
 * In place, with four locals more after the four.
 */
function transpose(code: WasmCode, first: number): void {
  const pair = (a: number, b: number, words: readonly number[], reverse: boolean, to: number) =>
    code
      .get(a)
      .get(b)
      .shuffle(words.flatMap((word) => bytesOf(word, reverse)))
      .set(to);
  const between = first + 4;
  for (const half of [0, 1]) {
    const words = [0, 4, 1, 5].map((word) => word + 2 * half);
    pair(first, first + 1, words, false, between + 2 * half);
    pair(first + 2, first + 3, words, false, between + 2 * half + 1);
  }
  for (const half of [0, 1]) {
    const [a, b] = [between + 2 * half, between + 2 * half + 1];
    pair(a, b, [0, 1, 4, 5], true, first + 2 * half);
    pair(a, b, [2, 3, 6, 7], true, first + 2 * half + 1);
  }
}

/** The places of the bytes of a word, of the eight of two vectors. */
function bytesOf(word: number, reverse: boolean): number[] {
  const places = [0, 1, 2, 3].map((byte) => word * 4 + byte);
  return reverse ? places.reverse() : places;
}
