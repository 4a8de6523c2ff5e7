import { randomInt } from "node:crypto";
import type { Account } from "../../core/model.ts";

/** Words before the first place: two seeds, and how many places there are less one. */
const HEAD_WORDS = 4;
/** Of one place: two of the account's hash, two of the height since which it is watched. */
const PLACE_WORDS = 4;
/** An account that is watched no longer keeps its place. */
const NEVER = Number.POSITIVE_INFINITY;
const FEWEST_PLACES = 1_024;

/**
 * Which accounts are watched since which height, in memory that all threads share: 16 bytes a place, at most two thirds of which are
 * taken. It knows accounts by 64 bits of a hash with a secret seed. So it may take another account for a watched one, with
 * no practical chance, and never the other way round: whoever needs it to the letter asks the store.
 *
 * One thread writes. Another sees what was written before a message that it has received since.
 */
export class AccountTable {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;
  readonly #heights: Float64Array;
  readonly #mask: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
    this.#heights = new Float64Array(buffer);
    this.#mask = this.#words[2] as number;
  }

  /** @param accounts how many there is to be room for */
  static make(accounts: number): AccountTable {
    let places = FEWEST_PLACES;
    while (accounts * 3 > places * 2) places *= 2;
    const words = new Uint32Array(new SharedArrayBuffer((HEAD_WORDS + places * PLACE_WORDS) * 4));
    words.set([randomInt(2 ** 32), randomInt(2 ** 32), places - 1]);
    return new AccountTable(words.buffer);
  }

  /** How many accounts there is room for. */
  get room(): number {
    return Math.floor(((this.#mask + 1) * 2) / 3);
  }

  /** Whether what a block at this height does to the account is to be kept. */
  keeps(account: Account, height: number): boolean {
    const place = this.#find(account);
    return this.#isTaken(place) && height > this.#since(place);
  }

  /** @returns whether the account had no place before */
  set(account: Account, since: number): boolean {
    const place = this.#find(account);
    const isNew = !this.#isTaken(place);
    // The height first: whoever finds the account already finds its height as well.
    this.#heights[(HEAD_WORDS + place * PLACE_WORDS + 2) / 2] = since;
    this.#words[HEAD_WORDS + place * PLACE_WORDS] = low;
    this.#words[HEAD_WORDS + place * PLACE_WORDS + 1] = high;
    return isNew;
  }

  /** From now on it is as if the account had never been there, but for its place. */
  forget(account: Account): void {
    if (this.#isTaken(this.#find(account))) this.set(account, NEVER);
  }

  #since(place: number): number {
    return this.#heights[(HEAD_WORDS + place * PLACE_WORDS + 2) / 2] as number;
  }

  #isTaken(place: number): boolean {
    const at = HEAD_WORDS + place * PLACE_WORDS;
    return this.#words[at] !== 0 || this.#words[at + 1] !== 0;
  }

  /** The account's place, or the free one where it would be. Leaves its hash in `low` and `high`. */
  #find(account: Account): number {
    const words = this.#words;
    hash(account, words[0] as number, words[1] as number);
    for (let place = (low ^ (high >>> 7)) & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = HEAD_WORDS + place * PLACE_WORDS;
      const [a, b] = [words[at], words[at + 1]];
      if ((a === low && b === high) || (a === 0 && b === 0)) return place;
    }
  }
}

/** The hash last made: two numbers that are returned many thousand times a block without an object for them. */
let low = 0;
let high = 0;

/** Two 32-bit hashes over the text's characters, mixed with each other at the end. Never both 0. */
function hash(text: string, seed: number, otherSeed: number): void {
  let a = seed;
  let b = otherSeed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(((b << 5) | (b >>> 27)) ^ code, 0x27d4eb2f);
  }
  a = mix(a ^ (b >>> 11));
  b = mix(b ^ a);
  low = a >>> 0 || 1;
  high = b >>> 0;
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
