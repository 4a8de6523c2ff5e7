import { HeadwaterError } from "../../../core/errors.ts";

export type Json = Readonly<Record<string, unknown>>;

const U64_MAX = 2n ** 64n - 1n;

/** Checks what a node's answer says where it is read, naming node, block and path in every refusal. */
export class Answer {
  readonly where: string;

  /** @param where node and block, as errors name them */
  constructor(where: string) {
    this.where = where;
  }

  /** The error for what stands at the path. @returns HeadwaterError `node-bad-response` */
  refuse(path: string, expected: string, value: unknown): HeadwaterError {
    const actual = describe(value);
    return new HeadwaterError("node-bad-response", `${this.where}, ${path}: expected ${expected}, got ${actual}`, {
      details: { path, expected, actual },
    });
  }

  record(value: unknown, path: string): Json {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
    throw this.refuse(path, "an object", value);
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.refuse(path, "an array", value);
  }

  /** A list that may be left out or null, as nodes do for what they did not record. */
  optionalList(value: unknown, path: string): readonly unknown[] {
    return value === undefined || value === null ? [] : this.list(value, path);
  }

  /** Whether `text` would take it: for those who write no path before they need one. */
  isText(value: unknown): value is string {
    return typeof value === "string" && value.length > 0 && value.length < 200;
  }

  text(value: unknown, path: string): string {
    if (this.isText(value)) return value;
    throw this.refuse(path, "a text", value);
  }

  count(value: unknown, path: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.refuse(path, "a whole number below 2^53", value);
  }

  /** A u64 that came as a number, or exact as a bigint (`parseExact`). */
  amount(value: unknown, path: string): bigint {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    if (typeof value === "bigint" && value >= 0n && value <= U64_MAX) return value;
    throw this.refuse(path, "an amount below 2^64", value);
  }

  /** A u64 as digits. */
  digits(value: unknown, path: string): bigint {
    if (typeof value === "string" && /^\d{1,20}$/.test(value)) {
      const amount = BigInt(value);
      if (amount <= U64_MAX) return amount;
    }
    throw this.refuse(path, "the digits of an amount below 2^64", value);
  }
}

/** What a value looks like, shortened. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object with ${Object.keys(value).slice(0, 8).join(", ")}`;
  return String(value);
}
