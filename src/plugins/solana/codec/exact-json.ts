import { HeadwaterError } from "../../../core/errors.ts";
import { findUnsafeIntegers } from "./unsafe-integers.ts";

/** Stands before the digits of a number that is parsed as a text. */
const MARK = "\u2026exact:";

/**
 * Parses a node's JSON as JavaScript does: whole numbers beyond 2^53 - 1 come out inexact, as numbers that are not safe integers.
 * For those who refuse such numbers where they read one.
 * @throws HeadwaterError `node-bad-response` when it is no JSON
 */
export function parsePlainly(bytes: Uint8Array, where: string): unknown {
  const text = bufferOf(bytes).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(error, text, where);
  }
}

/**
 * Parses a node's JSON with every whole number exact: those beyond 2^53 - 1 become bigints. Lamports are u64, and nodes write
 * them as plain numbers. Reading each number's source text takes ten times as long as parsing, so the text is looked through
 * for such numbers first: mostly there are none, and else they alone are parsed apart.
 * @throws HeadwaterError `node-bad-response` when it is no JSON
 */
export function parseExact(bytes: Uint8Array, where: string): unknown {
  const buffer = bufferOf(bytes);
  const text = buffer.toString("utf8");
  try {
    const places = findUnsafeIntegers(buffer);
    if (places.length === 0) return JSON.parse(text);
    return text.includes(MARK) ? JSON.parse(text, keepExact) : restore(JSON.parse(markAll(buffer, places)));
  } catch (error) {
    throw refuse(error, text, where);
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuse(error: unknown, text: string, where: string): unknown {
  if (!(error instanceof SyntaxError)) return error;
  const shown = text.length > 0 ? JSON.stringify(text.slice(0, 80)) : "nothing";
  return new HeadwaterError("node-bad-response", `${where}: expected JSON, got ${shown}`, {
    details: { expected: "JSON", actual: shown },
  });
}

/** The plain way, for texts in which the mark stands already. */
function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** The text with the numbers at these places (start and end, one after the other) as marked texts. */
function markAll(buffer: Buffer, places: readonly number[]): string {
  let text = "";
  let from = 0;
  for (let i = 0; i < places.length; i += 2) {
    const [start, end] = [places[i] as number, places[i + 1] as number];
    text += `${buffer.toString("utf8", from, start)}"${MARK}${buffer.toString("latin1", start, end)}"`;
    from = end;
  }
  return text + buffer.toString("utf8", from);
}

/** Puts bigints in the places of marked texts. Without recursion: how deep a text is nested is up to the node. */
function restore(parsed: unknown): unknown {
  const root = { parsed };
  const open: object[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    const values = holder as Record<string, unknown>;
    for (const key in values) {
      const value = values[key];
      if (typeof value === "object" && value !== null) open.push(value);
      else if (typeof value === "string" && value.startsWith(MARK)) {
        // Not by assignment: a member may be named __proto__.
        const exact = { value: BigInt(value.slice(MARK.length)), writable: true, enumerable: true, configurable: true };
        Object.defineProperty(values, key, exact);
      }
    }
  }
  return root.parsed;
}
