import { hash } from "node:crypto";
import type { Findings } from "./findings.ts";

/** Ranges that a whole span is divided into: a fault is told to within one of them, and memory stays flat. */
const RANGES = 65_536;

/**
 * Holds two sets of rows against each other that come in different orders, without holding the rows: for each range of
 * heights (or of account numbers) the sum of the rows' hashes. Two equal sets have equal sums; two that differ by chance
 * differ in 64 bits.
 */
export class Fingerprints {
  readonly #from: number;
  readonly #width: number;
  readonly #expected: Sums;
  readonly #actual: Sums;

  /** @param from first and `to` last place */
  constructor(from: number, to: number) {
    const places = Math.max(1, to - from + 1);
    this.#from = from;
    this.#width = Math.ceil(places / RANGES);
    // One range more takes what lies outside: such rows never match.
    const ranges = Math.ceil(places / this.#width) + 1;
    this.#expected = new Sums(ranges);
    this.#actual = new Sums(ranges);
  }

  /** @param sign -1 takes a row back that was expected before, or will be */
  expect(place: number, row: Uint8Array, sign: 1 | -1 = 1): void {
    this.#expected.add(this.#range(place), row, sign);
  }

  find(place: number, row: Uint8Array): void {
    this.#actual.add(this.#range(place), row, 1);
  }

  /** @param what the rows, and `unit` what the places are */
  report(findings: Findings, what: string, unit: string): void {
    const outside = this.#expected.size - 1;
    for (let range = 0; range <= outside; range++) {
      const expected = this.#expected.text(range);
      const actual = this.#actual.text(range);
      if (expected === actual) continue;
      const first = this.#from + range * this.#width;
      const last = first + this.#width - 1;
      const where = range === outside ? `no known ${unit}` : `${unit} ${first}${last > first ? ` to ${last}` : ""}`;
      findings.fault(`${what} of ${where}`, expected, actual);
    }
  }

  #range(place: number): number {
    const range = Math.floor((place - this.#from) / this.#width);
    const outside = this.#expected.size - 1;
    return range >= 0 && range < outside ? range : outside;
  }
}

class Sums {
  readonly size: number;
  readonly #counts: Uint32Array;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.#counts = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.#low = new Uint32Array(size);
  }

  add(range: number, row: Uint8Array, sign: 1 | -1): void {
    const digest = hash("sha256", row, "buffer");
    this.#counts[range] = (this.#counts[range] as number) + sign;
    this.#high[range] = (this.#high[range] as number) + sign * digest.readUInt32BE(0);
    this.#low[range] = (this.#low[range] as number) + sign * digest.readUInt32BE(4);
  }

  text(range: number): string {
    const sum = [this.#high[range], this.#low[range]].map((part) => (part as number).toString(16).padStart(8, "0"));
    return `${this.#counts[range]} rows, fingerprint ${sum.join("")}`;
  }
}
