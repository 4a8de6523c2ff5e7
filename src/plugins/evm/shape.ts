import type { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { badResponse, describe, isRecord } from "./responses.ts";

export type Json = Record<string, unknown>;

/** A form that a text may have. The pattern wants lower case: one test tells the form and that nothing is to be folded. */
export type Form = { readonly pattern: RegExp; readonly says: string };

// In the one form that texts can be compared in. Of others only the leading zeros differ: they are folded.
export const TAG: Form = { pattern: /^0x(?:0|[1-9a-f][0-9a-f]?)$/, says: "a hex quantity below 256" };
export const QUANTITY: Form = { pattern: /^0x[0-9a-f]{1,64}$/, says: "a hex quantity of at most 32 bytes" };
// Up to 2^53 - 1: what is used as a number must be one.
export const COUNT: Form = { pattern: /^0x0*1?[0-9a-f]{1,13}$/, says: "a hex quantity below 2^53" };
export const HASH: Form = { pattern: /^0x[0-9a-f]{64}$/, says: "32 bytes in hex" };
export const ADDRESS: Form = { pattern: /^0x[0-9a-f]{40}$/, says: "an address of 20 bytes in hex" };
export const BLOOM: Form = { pattern: /^0x[0-9a-f]{512}$/, says: "256 bytes in hex" };
export const NONCE: Form = { pattern: /^0x[0-9a-f]{16}$/, says: "8 bytes in hex" };
// An even number of digits is asked for apart: a pattern that counts pairs backtracks over every one of them.
export const DATA: Form = { pattern: /^0x[0-9a-f]*$/, says: "bytes in hex" };

/**
 * Checks the form of what one part of a node's answer says, naming node, part and path in every refusal. Hex in upper
 * case is folded to lower case in place, and an optional `null` becomes undefined, so that all after it compares plain
 * texts. It sees every log of every block: the good case allocates nothing.
 */
export class Shape {
  readonly #node: string;
  readonly #part: string;
  readonly #path: (string | number)[] = [];

  constructor(node: string, part: string) {
    this.#node = node;
    this.#part = part;
  }

  /** The error for what stands under `key`, or for the object itself without one. */
  refuse(key: string | number | undefined, says: string, value: unknown): HeadwaterError {
    const steps = key === undefined ? this.#path : [...this.#path, key];
    const path = steps
      .slice(0, 16)
      .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
      .join("");
    return badResponse(this.#node, `${this.#part}${path}`, says, describe(value));
  }

  required(object: Json, key: string, form: Form): void {
    const value = object[key];
    if (typeof value === "string" && form.pattern.test(value) && (form !== DATA || value.length % 2 === 0)) return;
    this.#fold(object, key, form, value);
  }

  optional(object: Json, key: string, form: Form): void {
    const value = object[key];
    if (value === undefined) return;
    if (value === null) object[key] = undefined;
    else this.required(object, key, form);
  }

  /** An address, or nothing, which is then written as `null`. */
  nullable(object: Json, key: string, form: Form): void {
    const value = object[key];
    if (value === null) return;
    if (value === undefined) object[key] = null;
    else this.required(object, key, form);
  }

  record(value: unknown): Json {
    if (!isRecord(value)) throw this.refuse(undefined, "an object", value);
    return value;
  }

  /** Runs `check` on every object of the list that stands under `key`. */
  objects(object: Json, key: string, check: (shape: Shape, entry: Json) => void): void {
    const list = object[key];
    if (!Array.isArray(list)) throw this.refuse(key, "an array", list);
    this.#path.push(key);
    this.entries(list, check);
    this.#path.pop();
  }

  entries(list: readonly unknown[], check: (shape: Shape, entry: Json) => void): void {
    // Two steps a level, and what stands above the first.
    if (this.#path.length > 2 * LIMITS.callDepth + 4)
      throw this.refuse(undefined, "calls within the depth limit", list);
    for (let i = 0; i < list.length; i++) {
      this.#path.push(i);
      check(this, this.record(list[i]));
      this.#path.pop();
    }
  }

  /** Every text of the list that stands under `key`. */
  texts(object: Json, key: string, form: Form): void {
    const list = object[key];
    if (!Array.isArray(list)) throw this.refuse(key, "an array", list);
    for (let i = 0; i < list.length; i++) {
      const value: unknown = list[i];
      if (typeof value === "string" && form.pattern.test(value)) continue;
      this.#path.push(key);
      this.#fold(list as unknown as Json, i, form, value);
      this.#path.pop();
    }
  }

  /** Runs `check` on the object under `key`, where there is one. */
  nested(object: Json, key: string, check: (shape: Shape, entry: Json) => void): void {
    this.#path.push(key);
    check(this, this.record(object[key]));
    this.#path.pop();
  }

  /** Runs `check` where the field is there; `null` becomes undefined. */
  present(object: Json, key: string, check: (key: string) => void): void {
    const value = object[key];
    if (value === undefined) return;
    if (value === null) object[key] = undefined;
    else check(key);
  }

  #fold(object: Json, key: string | number, form: Form, value: unknown): void {
    if (typeof value !== "string") throw this.refuse(key, form.says, value);
    const folded = form === TAG ? value.toLowerCase().replace(/^0x0+(?=.)/, "0x") : value.toLowerCase();
    if (!form.pattern.test(folded) || (form === DATA && folded.length % 2 === 1)) {
      throw this.refuse(key, form.says, value);
    }
    object[key] = folded;
  }
}
