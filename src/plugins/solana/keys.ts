import bs58 from "bs58";
import { web3 } from "./web3.ts";

const KEY_BYTES = 32;
/** 32 bytes are 32 to 44 characters of base58, 64 bytes at most 88. Longer texts are not read at all. */
const TEXT_CHARACTERS = 88;
const notBase58 = /[^1-9A-HJ-NP-Za-km-z]/;

/** A text as a public key in its one form, or why it is none: without the text, to be put after it. */
export type KeyReading = { readonly key: string } | { readonly problem: string };

/**
 * Reads the base58 of a public key of 32 bytes. Keys that are no points of the curve are keys as well: programs derive the
 * addresses of their accounts so that nobody can sign for them.
 */
export function readKey(text: string): KeyReading {
  const problem = findProblem(text);
  if (problem !== undefined) return { problem };
  const { PublicKey } = web3();
  return { key: new PublicKey(text).toBase58() };
}

/** The bytes of a base58 text, or undefined where it is none or longer than a signature's. */
export function decodeBase58(text: string): Uint8Array | undefined {
  return text.length <= TEXT_CHARACTERS ? bs58.decodeUnsafe(text) : undefined;
}

function findProblem(text: string): string | undefined {
  if (text === "") return "it is empty";
  const bad = notBase58.exec(text);
  if (bad) return `character ${bad.index + 1}, ${JSON.stringify(bad[0])}, is not of base58`;
  const bytes = decodeBase58(text);
  if (bytes === undefined) return `it is longer than ${KEY_BYTES} bytes`;
  return bytes.length === KEY_BYTES ? undefined : `it is ${bytes.length} bytes of base58 rather than ${KEY_BYTES}`;
}
