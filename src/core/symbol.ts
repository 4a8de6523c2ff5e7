import { LIMITS } from "./limits.ts";

/**
 * What a token calls itself, from the UTF-8 in which it says so: without characters that turn text around or hide in it, at most
 * `LIMITS.symbolCharacters`. Null where it is no text or nothing is left. Pure.
 */
export function readSymbolText(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  // Control and format characters can turn the text around or hide in it; unassigned and private ones show as nothing.
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim();
  const kept = [...plain].slice(0, LIMITS.symbolCharacters).join("");
  return kept === "" ? null : kept;
}
