import type { DialectCall } from "./fault-dialect.ts";

export type EnvelopeCall = DialectCall & { readonly id: unknown };
export type EnvelopeAnswer = {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
};

/** The calls of a JSON-RPC request. Undefined for what is no such request. */
export function readCalls(body: string): readonly EnvelopeCall[] | undefined {
  const json = readMessage(body);
  const calls = Array.isArray(json) ? (json as unknown[]) : [json];
  if (!calls.every(isRecord)) return undefined;
  return calls.map(({ id, method, params }) => ({
    id,
    method: String(method),
    params: Array.isArray(params) ? (params as unknown[]) : [],
  }));
}

export function isBatch(body: string): boolean {
  return body.trimStart().startsWith("[");
}

/** The answers to calls in their order, whatever the order they came in. Undefined when the bytes are no such answer. */
export function readAnswers(bytes: Uint8Array, calls: readonly EnvelopeCall[]): readonly EnvelopeAnswer[] | undefined {
  const json = readMessage(new TextDecoder().decode(bytes));
  const answers = Array.isArray(json) ? (json as unknown[]) : [json];
  if (!answers.every(isRecord) || answers.length !== calls.length) return undefined;
  const byId = new Map((answers as unknown as EnvelopeAnswer[]).map((answer) => [String(answer.id), tidy(answer)]));
  const inOrder = calls.map(({ id }) => byId.get(String(id)));
  return inOrder.every((answer) => answer !== undefined) ? (inOrder as EnvelopeAnswer[]) : undefined;
}

/** In the older form of JSON-RPC an answer has both, the one that does not apply as null. */
function tidy({ id, result, error }: EnvelopeAnswer): EnvelopeAnswer {
  return { jsonrpc: "2.0", id, ...(error === undefined || error === null ? { result } : { error }) };
}

export function writeCalls(calls: readonly EnvelopeCall[], batch: boolean): string {
  const texts = calls.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
  return JSON.stringify(batch ? texts : texts[0]);
}

export function writeAnswers(answers: readonly EnvelopeAnswer[], batch: boolean): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(batch ? answers : answers[0]));
}

/** A message as JSON; undefined when it is none. */
export function readMessage(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

/** `JSON.rawJSON` (ES2026), which TypeScript's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A whole number in JSON of so many digits that a number of JavaScript may not be exact for it. */
const longNumber = /[:[,]\s*-?\d{16,}/;

/**
 * Parses JSON so that whole numbers beyond 2^53 come out as they went in when it is written again: nobody may lie about more than
 * the script says. They stand as objects with their digits in `rawJSON`.
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  return longNumber.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? rawJSON(source) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
