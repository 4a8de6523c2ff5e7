import { HeadwaterError } from "../../core/errors.ts";
import { describe } from "../json-rpc/excerpt.ts";

/** Checks the form of what one method of a node answers, naming node, method and place in every refusal. */
export class RpcShape {
  readonly #node: string;
  readonly #method: string;

  constructor(node: string, method: string) {
    this.#node = node;
    this.#method = method;
  }

  refuse(path: string, expected: string, value: unknown): HeadwaterError {
    const actual = describe(value);
    const text = `node ${this.#node}, ${this.#method}: expected ${path} to be ${expected}, got ${actual}`;
    return new HeadwaterError("node-bad-response", text, {
      details: { node: this.#node, method: this.#method, expected, actual },
    });
  }

  record(value: unknown, path: string): Record<string, unknown> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.refuse(path, "an object", value);
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value as unknown[];
    throw this.refuse(path, "a list", value);
  }

  /** 64 lower-case hex digits: a hash or an id as people write it. */
  hash(value: unknown, path: string): string {
    if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
    throw this.refuse(path, "64 lower-case hex digits", value);
  }

  /** An even number of hex digits. */
  hex(value: unknown, path: string): string {
    if (typeof value === "string" && value.length % 2 === 0 && !/[^0-9a-fA-F]/.test(value)) return value;
    throw this.refuse(path, "bytes in hex", value);
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: unknown, path: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw this.refuse(path, "a whole number, at least 0", value);
  }
}
