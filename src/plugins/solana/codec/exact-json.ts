import { HeadwaterError } from "../../../core/errors.ts";

/** A number in JSON that is exact as a number of JavaScript. Sixteen digits and more may not be. */
const longNumber = /[:[,]\s*-?\d{16,}/;

/**
 * Parses a node's JSON with every whole number exact: those beyond 2^53 - 1 become bigints. Lamports are u64, and nodes write
 * them as plain numbers. Reading each number's source text takes several times as long as parsing, so that is done only where a
 * text has a number of so many digits at all.
 * @throws HeadwaterError `node-bad-response` when it is no JSON
 */
export function parseExact(bytes: Uint8Array, where: string): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return longNumber.test(text) ? JSON.parse(text, keepExact) : JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const shown = text.length > 0 ? JSON.stringify(text.slice(0, 80)) : "nothing";
    throw new HeadwaterError("node-bad-response", `${where}: expected JSON, got ${shown}`, {
      details: { expected: "JSON", actual: shown },
    });
  }
}

function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
