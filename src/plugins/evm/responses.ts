import { HeadwaterError } from "../../core/errors.ts";
import { classifyRpcError } from "./rpc-errors.ts";

/** How much of an unexpected answer is repeated in an error. */
const SHOWN_CHARACTERS = 80;

/** An answer that is not of the expected form. `got` is shortened. */
export function badResponse(node: string, part: string, expected: string, got: string): HeadwaterError {
  const actual = got.length > SHOWN_CHARACTERS ? `${got.slice(0, SHOWN_CHARACTERS)}…` : got;
  return new HeadwaterError("node-bad-response", `node ${node}, ${part}: expected ${expected}, got ${actual}`, {
    details: { node, part, expected, actual },
  });
}

/** What a value looks like, for an error. Never repeats more than an error shows. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, SHOWN_CHARACTERS + 1));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object with ${Object.keys(value).slice(0, 8).join(", ")}`;
  return String(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The result in the bytes of one JSON-RPC response; `null` where the node said so.
 * @throws HeadwaterError `node-bad-response`, or what the node's error is classified as
 */
export function readResponse(node: string, part: string, bytes: Uint8Array, method: string): unknown {
  return readResult(node, part, parseJson(node, part, bytes), method);
}

/**
 * As readResponse, or, from an array of responses, the list of their results, ordered by id from 0. One `null` among
 * them makes all of it `null`: a list with holes is of no use.
 */
export function readList(node: string, part: string, bytes: Uint8Array, method: string): unknown {
  const json = parseJson(node, part, bytes);
  if (!Array.isArray(json)) return readResult(node, part, json, method);
  const results = new Array<unknown>(json.length).fill(undefined);
  for (const [id, read] of byId(node, part, json)) {
    if (id >= json.length) throw badResponse(node, part, `ids from 0 to ${json.length - 1}`, String(id));
    results[id] = read(method);
  }
  return results.includes(null) ? null : results;
}

/** One response of a batch, read when its method is known. */
export type BatchEntry = (method: string) => unknown;

/** The responses of a batch by their ids. A node that refuses the batch as a whole answers with one error. */
export function readBatch(node: string, part: string, bytes: Uint8Array): Map<number, BatchEntry> {
  const json = parseJson(node, part, bytes);
  if (Array.isArray(json)) return byId(node, part, json);
  readResult(node, part, json, "batch");
  throw badResponse(node, part, "an array of JSON-RPC responses", describe(json));
}

function byId(node: string, part: string, responses: readonly unknown[]): Map<number, BatchEntry> {
  const entries = new Map<number, BatchEntry>();
  for (const response of responses) {
    const id = isRecord(response) ? response["id"] : undefined;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      // A node that cannot tell which request failed leaves the id out: what it says is still the best explanation.
      readResult(node, part, response, "batch");
      throw badResponse(node, part, "a response with an id that was asked", describe(response));
    }
    if (entries.has(id)) throw badResponse(node, part, `one response with id ${id}`, "two");
    entries.set(id, (method) => readResult(node, part, response, method));
  }
  return entries;
}

function parseJson(node: string, part: string, bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw badResponse(
      node,
      part,
      "JSON",
      text.length > 0 ? JSON.stringify(text.slice(0, SHOWN_CHARACTERS)) : "nothing",
    );
  }
}

function readResult(node: string, part: string, response: unknown, method: string): unknown {
  if (!isRecord(response)) throw badResponse(node, part, "a JSON-RPC response", describe(response));
  const error = response["error"];
  if (error !== undefined && error !== null) {
    throw classifyRpcError(isRecord(error) ? error : { message: describe(error) }, node, method);
  }
  const result = response["result"];
  if (result === undefined) throw badResponse(node, part, "a response with a result", describe(response));
  return result;
}
