import { HeadwaterError } from "../../core/errors.ts";
import type { Account } from "../../core/model.ts";
import { readKey } from "./keys.ts";

/** An account: the base58 of its public key. @throws HeadwaterError `invalid-account` */
export function parseAccount(text: string): Account {
  const reading = readKey(text);
  if ("key" in reading) return reading.key;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new HeadwaterError(
    "invalid-account",
    `${shown} is no account: expected the base58 of a public key of 32 bytes, but ${reading.problem}`,
  );
}
