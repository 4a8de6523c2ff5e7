import { HeadwaterError } from "../../core/errors.ts";
import { describe, excerpt } from "./excerpt.ts";
import type { ClassifyRpcError, ParseJson, RpcCall, RpcErrorObject, RpcOutcome } from "./messages.ts";

/** Whose answer is read, and to what, for the texts of errors; and how, where the family has a way of its own. */
export type Asked = {
  readonly node: string;
  readonly method: string;
  readonly classify: ClassifyRpcError;
  readonly parse?: ParseJson | undefined;
};

/** What a node made of a batch: an outcome for every call, in the order asked, or one error for all of them. */
export type BatchAnswer =
  | { readonly kind: "outcomes"; readonly outcomes: readonly RpcOutcome[] }
  | { readonly kind: "refused"; readonly error: HeadwaterError };

/** An answer that is not of the expected form. */
function badAnswer({ node, method }: Asked, expected: string, actual: string): HeadwaterError {
  return new HeadwaterError("node-bad-response", `node ${node}, ${method}: expected ${expected}, got ${actual}`, {
    details: { node, method, expected, actual },
  });
}

/**
 * Reads the answer to one call.
 * @throws HeadwaterError `node-bad-response` for HTML, cut-off JSON, a foreign id or another form; what `classify` makes
 * of an error object
 */
export function readAnswer(bytes: Uint8Array, id: number, asked: Asked): unknown {
  return readParsedAnswer(parseAnswer(bytes, asked), id, asked);
}

/** As readAnswer, for a family that parses JSON in its own way. @throws as readAnswer does */
export function readParsedAnswer(answer: unknown, id: number, asked: Asked): unknown {
  if (!isRecord(answer)) throw badAnswer(asked, "a JSON-RPC response", describe(answer));
  const outcome = readOutcome(answer, asked);
  // An error that a node could not assign to a request has no id (JSON-RPC 2.0, section 5).
  if (!isId(answer["id"], id) && (outcome.ok || answer["id"] != null)) {
    throw badAnswer(asked, `the response to request ${id}`, `one with id ${describe(answer["id"])}`);
  }
  if (!outcome.ok) throw outcome.error;
  return outcome.result;
}

/**
 * Reads the answer to a batch. Responses may come in any order. A call that the node left out gets an error of its own.
 * @throws HeadwaterError `node-bad-response` when the whole cannot be trusted: no JSON, foreign or doubled ids
 */
export function readBatchAnswer(
  bytes: Uint8Array,
  calls: readonly RpcCall[],
  ids: readonly number[],
  asked: Asked,
): BatchAnswer {
  const answer = parseAnswer(bytes, asked);
  const refusal = readRefusal(answer, asked);
  if (refusal) return { kind: "refused", error: refusal };
  if (!Array.isArray(answer)) throw badAnswer(asked, "an array of JSON-RPC responses", describe(answer));
  const positions = new Map(ids.map((id, i) => [String(id), i]));
  const outcomes = new Array<RpcOutcome | undefined>(calls.length).fill(undefined);
  for (const response of answer as unknown[]) {
    if (!isRecord(response)) throw badAnswer(asked, "an array of JSON-RPC responses", `one with ${describe(response)}`);
    const position = positions.get(String(response["id"]));
    if (position === undefined) throw badAnswer(asked, "ids that were asked", describe(response["id"]));
    if (outcomes[position]) throw badAnswer(asked, "one response a request", `two with id ${describe(response["id"])}`);
    outcomes[position] = readOutcome(response, { ...asked, method: (calls[position] as RpcCall).method });
  }
  return {
    kind: "outcomes",
    outcomes: outcomes.map((outcome, i): RpcOutcome => {
      if (outcome) return outcome;
      const { method } = calls[i] as RpcCall;
      return { ok: false, error: badAnswer({ ...asked, method }, `${calls.length} responses`, `${answer.length}`) };
    }),
  };
}

/**
 * Looks at the first and last byte of an answer whose reading is left to a worker thread.
 * @returns the node's refusal, when it answered the batch with one error
 * @throws HeadwaterError `node-bad-response` when the bytes cannot be an array, or end early
 */
export function checkBatchBytes(bytes: Uint8Array, asked: Asked): HeadwaterError | undefined {
  if (isEnclosed(bytes, "[", "]")) return undefined;
  const answer = parseAnswer(bytes, asked);
  return readRefusal(answer, asked) ?? badAnswer(asked, "an array of JSON-RPC responses", describe(answer));
}

/** As checkBatchBytes, for the answer to a single request. @throws HeadwaterError `node-bad-response` */
export function checkAnswerBytes(bytes: Uint8Array, asked: Asked): void {
  if (isEnclosed(bytes, "{", "}")) return;
  const answer = parseAnswer(bytes, asked);
  throw badAnswer(asked, "a JSON-RPC response", describe(answer));
}

/** The beginning of an error object, whose message may be longer than what is kept of an HTTP error. */
const CUT_ERROR = /"error"\s*:\s*\{\s*"code"\s*:\s*(-?\d{1,9})\s*,\s*"message"\s*:\s*"((?:[^"\\]|\\[^u])*)/;

/** The error object of a response that a node sent with an HTTP error status, if the text is one or begins as one. */
export function readErrorBody(text: string): RpcErrorObject | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(answer) ? answer[0] : answer;
    return isRecord(first) && isRecord(first["error"]) ? first["error"] : undefined;
  } catch {
    const [, code, message] = CUT_ERROR.exec(text) ?? [];
    return code === undefined ? undefined : { code: Number(code), message: message?.replace(/\\(.)/g, " ") };
  }
}

/** One error instead of an array, or an array of one error that belongs to no request. */
function readRefusal(answer: unknown, asked: Asked): HeadwaterError | undefined {
  const only: unknown = Array.isArray(answer) && answer.length === 1 ? answer[0] : answer;
  if (!isRecord(only) || only["error"] == null) return undefined;
  if (Array.isArray(answer) && only["id"] != null) return undefined;
  const outcome = readOutcome(only, asked);
  return outcome.ok ? undefined : outcome.error;
}

function readOutcome(response: Record<string, unknown>, asked: Asked): RpcOutcome {
  const { error } = response as { error?: unknown };
  if (error !== undefined && error !== null) {
    const object = isRecord(error) ? error : { message: typeof error === "string" ? error : describe(error) };
    return { ok: false, error: asked.classify(object, asked.node, asked.method) };
  }
  const { result } = response as { result?: unknown };
  if (result === undefined) return { ok: false, error: badAnswer(asked, "a result or an error", describe(response)) };
  return { ok: true, result };
}

function parseAnswer(bytes: Uint8Array, asked: Asked): unknown {
  if (asked.parse) return asked.parse(bytes, `node ${asked.node}, ${asked.method}`);
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    throw badAnswer(asked, "JSON", excerpt(bytes));
  }
}

function isEnclosed(bytes: Uint8Array, open: string, close: string): boolean {
  let start = 0;
  let end = bytes.length - 1;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end])) end--;
  return end > start && bytes[start] === open.charCodeAt(0) && bytes[end] === close.charCodeAt(0);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Some proxies echo a number as a text. */
function isId(value: unknown, id: number): boolean {
  return value === id || value === String(id);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
