import { LIMITS } from "../../core/limits.ts";

const URL_PATTERN = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*/gi;

/**
 * A text of a node as an error may repeat it: on one line, without control characters and URLs (they may hold a key), cut
 * after `characters`.
 */
export function quoteNode(text: string, characters: number): string {
  const plain = text
    .slice(0, characters * 4)
    .replace(URL_PATTERN, "[url]")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return plain.length > characters ? `${plain.slice(0, characters)}…` : plain;
}

/** The beginning of an answer that could not be read, for an error's text. */
export function excerpt(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LIMITS.answerExcerptCharacters * 4));
  return `"${quoteNode(head.toString("utf8"), LIMITS.answerExcerptCharacters)}" (${bytes.length} bytes)`;
}

/** What a parsed value looks like, for an error's text. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(quoteNode(value, LIMITS.answerExcerptCharacters));
  const text = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}` : part)) ?? String(value);
  return quoteNode(text, LIMITS.answerExcerptCharacters);
}
