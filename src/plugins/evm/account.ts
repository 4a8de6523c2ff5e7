import { quote } from "../../core/caip.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { Recent } from "../../core/recent.ts";
import { keccakHex } from "./keccak.ts";

export const ZERO_ACCOUNT: Account = "0x0000000000000000000000000000000000000000";

const address = /^0x[0-9a-fA-F]{40}$/;
const oneCase = /^0x(?:[0-9a-f]{40}|[0-9A-F]{40})$/;
// An answer renders thousands of accounts, mostly the same ones, and every checksum is a hash.
const checksummed = new Recent<Account, string>(LIMITS.checksumCacheEntries);

/**
 * The lower-case address. Accepts `0x` and 40 hex digits in one case, which carry no checksum, or with the mixed case of
 * EIP-55, which must then be right: a wrong one is how a mistyped account shows.
 * @throws HeadwaterError `invalid-account`
 */
export function parseAccount(text: string): Account {
  if (!address.test(text)) {
    throw new HeadwaterError("invalid-account", `${quote(text)} is not an account: expected 0x and 40 hex digits`);
  }
  const lower = text.toLowerCase();
  if (!oneCase.test(text) && formatAccount(lower) !== text) {
    throw new HeadwaterError(
      "invalid-account",
      `${quote(text)} has a wrong EIP-55 checksum: a character is mistyped, or write the address in lower case`,
    );
  }
  return lower;
}

/** The address with the checksum of EIP-55. Expects the canonical form. */
export function formatAccount(account: Account): string {
  const known = checksummed.get(account);
  if (known !== undefined) return known;
  const text = checksum(account);
  checksummed.set(account, text);
  return text;
}

/** EIP-55: a letter is upper case where the same digit of the hash over the lower-case digits is 8 or more. */
function checksum(account: Account): string {
  const digits = account.slice(2);
  const hash = keccakHex(Buffer.from(digits, "latin1"));
  let text = "0x";
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charAt(i);
    text += hash.charCodeAt(i + 2) >= 0x38 ? digit.toUpperCase() : digit;
  }
  return text;
}
