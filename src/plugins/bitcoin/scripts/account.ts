import { quote } from "../../../core/caip.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { Account } from "../../../core/model.ts";
import { Recent } from "../../../core/recent.ts";
import { sha256 } from "../codec/hashing.ts";
import { addressOfScript, scriptOfAddress } from "./address.ts";
import { hasAddress, isUnspendable, type ScriptRules } from "./spending-form.ts";
import { skipToken } from "./token-prefix.ts";

/**
 * Starts the canonical form of an account without an address. No script that has one starts with it: it is the code of no
 * operation.
 */
const HASHED = "ff";
/** Starts the form that is shown of an account without an address; 64 hex digits follow. */
const HASHED_SHOWN = "script-";
const hashedShown = /^script-[0-9a-f]{64}$/;

/**
 * The account that owns what is sent to an output script: the script itself, since coins belong to scripts and not to keys.
 *
 * In the ledger it is lower-case hex: the script where it has an address, else `ff` and the script's SHA-256. So a public key
 * (P2PK) is another account than its hash (P2PKH), as for Electrum's servers. Null where nobody can ever spend it. A token
 * before the script is no part of it. Writing addresses here would cost more than all the rest of decoding.
 */
export function accountOfScript(bytes: Buffer, from: number, end: number, rules: ScriptRules): Account | null {
  const start = rules.cashTokens ? skipToken(bytes, from, end) : from;
  if (hasAddress(bytes, start, end, rules)) return bytes.toString("hex", start, end);
  if (isUnspendable(bytes, start, end)) return null;
  return HASHED + sha256(bytes.subarray(start, end)).toString("hex");
}

/** As `accountOfScript`, of a script as hex digits. */
export function accountOfHex(script: string, rules: ScriptRules): Account | null {
  const bytes = Buffer.from(script, "hex");
  return accountOfScript(bytes, 0, bytes.length, rules);
}

/** The output script of an account, as hex; undefined for one that is known by its script's hash alone. */
export function scriptOfAccount(account: Account): string | undefined {
  return account.startsWith(HASHED) ? undefined : account;
}

/** Reads and shows the accounts of one network. */
export class AccountForms {
  readonly #rules: ScriptRules;
  // An answer shows thousands of accounts, mostly the same ones, and every address has a checksum.
  readonly #shown = new Recent<Account, string>(LIMITS.checksumCacheEntries);

  constructor(rules: ScriptRules) {
    this.#rules = rules;
  }

  /**
   * The canonical form of an address in any form that the network's nodes read, or of `script-` and the SHA-256 of an output
   * script as 64 lower-case hex digits. Addresses of other networks are refused, as far as they differ.
   * @throws HeadwaterError `invalid-account`
   */
  parse(text: string): Account {
    if (hashedShown.test(text)) return HASHED + text.slice(HASHED_SHOWN.length);
    const script = scriptOfAddress(text, this.#rules.addresses);
    if (script && hasAddress(script, 0, script.length, this.#rules)) return script.toString("hex");
    throw new HeadwaterError(
      "invalid-account",
      `${quote(text)} is not an account: expected an address of this network with a right checksum, or script- and 64 hex digits`,
    );
  }

  /** The address, or `script-` and the script's SHA-256. Expects the canonical form. */
  format(account: Account): string {
    if (account.startsWith(HASHED)) return HASHED_SHOWN + account.slice(HASHED.length);
    const known = this.#shown.get(account);
    if (known !== undefined) return known;
    const text = addressOfScript(Buffer.from(account, "hex"), this.#rules.addresses);
    this.#shown.set(account, text);
    return text;
  }
}
