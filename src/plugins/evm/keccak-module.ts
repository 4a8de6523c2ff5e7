/**
 * Builds the WebAssembly module that does Keccak's work: the permutation keccak-f[1600] over a sponge with the rate of
 * Keccak-256 (FIPS 202 before its padding changed; what Ethereum calls keccak256).
 *
 * Why not a library: all of them that are installed compute 64-bit lanes as pairs of 32-bit numbers, and hashing was
 * then three quarters of a block's verification. WebAssembly has 64-bit rotation; measured, it is about seven times as
 * fast as @noble/hashes. Emitting the module here keeps its source in the language of the rest.
 */

/** Where things lie in the module's memory, in bytes. */
export const LAYOUT = { state: 0, roundConstants: 256, input: 512 } as const;

/** Bytes that one permutation absorbs. */
export const RATE_BYTES = 136;

/** Bytes of one page of WebAssembly memory. */
export const PAGE_BYTES = 65_536;

const LANES = 25;
const ROUNDS = 24;

// Locals of the function, after its two parameters (the first block's address and the count of blocks).
const BLOCK = 0;
const BLOCKS = 1;
const ROUND = 2;
const A = 3;
const B = A + LANES;
const C = B + LANES;
const D = C + 5;

const OP = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  loadI64: 0x29,
  storeI64: 0x37,
  constI32: 0x41,
  constI64: 0x42,
  notEqualI32: 0x47,
  addI32: 0x6a,
  subI32: 0x6b,
  andI64: 0x83,
  xorI64: 0x85,
  rotlI64: 0x89,
} as const;
const I32 = 0x7f;
const I64 = 0x7e;
const VOID = 0x40;

/** The module's bytes. It exports `memory` and `absorb(block, count)`: one permutation after each of the blocks. */
export function buildKeccakModule(): Uint8Array<ArrayBuffer> {
  const body = [...vector([[1, I32], [D + 5 - A, I64]]), ...absorb(), OP.end];
  const sections = [
    section(1, vector([[0x60, ...vector([[I32], [I32]]), ...vector([])]])),
    section(3, vector([[0]])),
    section(5, vector([[0, 1]])),
    section(
      7,
      vector([
        [...name("memory"), 2, 0],
        [...name("absorb"), 0, 0],
      ]),
    ),
    section(10, vector([[...unsigned(body.length), ...body]])),
  ];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

/** The constants of the 24 rounds, from the linear feedback shift register of FIPS 202, 3.2.5. */
export function buildRoundConstants(): BigUint64Array<ArrayBuffer> {
  const constants = new BigUint64Array(ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let j = 0; j < 7; j++) {
      if (register & 1) constants[round] = (constants[round] as bigint) ^ (1n << ((1n << BigInt(j)) - 1n));
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
    }
  }
  return constants;
}

function absorb(): number[] {
  const code: number[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    code.push(OP.constI32, 0, ...memory(OP.loadI64, LAYOUT.state + 8 * lane), OP.set, A + lane);
  }
  code.push(OP.loop, VOID);
  for (let lane = 0; lane < RATE_BYTES / 8; lane++) {
    code.push(OP.get, A + lane, OP.get, BLOCK, ...memory(OP.loadI64, 8 * lane), OP.xorI64, OP.set, A + lane);
  }
  code.push(OP.constI32, ...signed(LAYOUT.roundConstants), OP.set, ROUND);
  code.push(OP.loop, VOID, ...round());
  code.push(OP.get, ROUND, OP.constI32, 8, OP.addI32, OP.tee, ROUND);
  code.push(OP.constI32, ...signed(LAYOUT.roundConstants + 8 * ROUNDS), OP.notEqualI32, OP.branchIf, 0, OP.end);
  code.push(OP.get, BLOCK, OP.constI32, ...signed(RATE_BYTES), OP.addI32, OP.set, BLOCK);
  code.push(OP.get, BLOCKS, OP.constI32, 1, OP.subI32, OP.tee, BLOCKS, OP.branchIf, 0, OP.end);
  for (let lane = 0; lane < LANES; lane++) {
    code.push(OP.constI32, 0, OP.get, A + lane, ...memory(OP.storeI64, LAYOUT.state + 8 * lane));
  }
  return code;
}

/** One round: theta, rho and pi, chi, iota. Lane (x, y) is number x + 5 y. */
function round(): number[] {
  const code: number[] = [];
  const rotations = buildRotations();
  for (let x = 0; x < 5; x++) {
    code.push(OP.get, A + x);
    for (let y = 1; y < 5; y++) code.push(OP.get, A + x + 5 * y, OP.xorI64);
    code.push(OP.set, C + x);
  }
  for (let x = 0; x < 5; x++) {
    code.push(
      OP.get,
      C + ((x + 4) % 5),
      OP.get,
      C + ((x + 1) % 5),
      OP.constI64,
      1,
      OP.rotlI64,
      OP.xorI64,
      OP.set,
      D + x,
    );
  }
  for (let x = 0; x < 5; x++) {
    for (let y = 0; y < 5; y++) {
      const lane = x + 5 * y;
      const moved = y + 5 * ((2 * x + 3 * y) % 5);
      code.push(OP.get, A + lane, OP.get, D + x, OP.xorI64);
      code.push(OP.constI64, ...signed(rotations[lane] as number), OP.rotlI64, OP.set, B + moved);
    }
  }
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      code.push(OP.get, B + x + 5 * y, OP.get, B + ((x + 1) % 5) + 5 * y, OP.constI64, ...signed(-1), OP.xorI64);
      code.push(OP.get, B + ((x + 2) % 5) + 5 * y, OP.andI64, OP.xorI64, OP.set, A + x + 5 * y);
    }
  }
  code.push(OP.get, A, OP.get, ROUND, ...memory(OP.loadI64, 0), OP.xorI64, OP.set, A);
  return code;
}

/** By how much rho rotates each lane (FIPS 202, 3.2.2). */
function buildRotations(): number[] {
  const rotations = new Array<number>(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    rotations[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return rotations;
}

function memory(op: number, offset: number): number[] {
  // The alignment is a hint only: input may lie anywhere.
  return [op, 0, ...unsigned(offset)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return vector([...text].map((character) => [character.charCodeAt(0)]));
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}
