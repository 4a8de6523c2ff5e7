import type { Answer } from "./answer.ts";

/** The tokens that one token account holds, before or after a transaction. */
export type TokenBalance = {
  /** The token account's place among the transaction's accounts. */
  readonly place: number;
  readonly mint: string;
  /** Who owns the token account. Undefined in blocks of before June 2021, whose nodes did not record it. */
  readonly owner: string | undefined;
  /** The digits of the amount, a u64. */
  readonly digits: string;
};

/**
 * Reads a transaction's `preTokenBalances` or `postTokenBalances`.
 * @param path of the transaction. @param key of the list in its meta
 * @throws HeadwaterError `node-bad-response`
 */
export function readTokenBalances(
  answer: Answer,
  value: unknown,
  path: string,
  key: "preTokenBalances" | "postTokenBalances",
): readonly TokenBalance[] {
  const list = answer.optionalList(value, `${path}.meta.${key}`);
  if (list.length === 0) return NONE;
  const balances = new Array<TokenBalance>(list.length);
  for (let i = 0; i < list.length; i++) {
    // Thousands a block: paths are only written for what does not pass at once.
    balances[i] = readAtOnce(answer, list[i]) ?? readCarefully(answer, list[i], `${path}.meta.${key}[${i}]`);
  }
  return balances;
}

const NONE: readonly TokenBalance[] = [];

/** An entry as nodes write them today; undefined for any other. */
function readAtOnce(answer: Answer, value: unknown): TokenBalance | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { accountIndex: place, mint, owner, uiTokenAmount } = value as Record<string, unknown>;
  if (typeof place !== "number" || !Number.isSafeInteger(place) || place < 0) return undefined;
  if (!answer.isText(mint) || !answer.isText(owner)) return undefined;
  if (typeof uiTokenAmount !== "object" || uiTokenAmount === null) return undefined;
  const { amount } = uiTokenAmount as { readonly amount?: unknown };
  return isDigits(amount) ? { place, mint, owner, digits: amount } : undefined;
}

/** Digits of which no number is beyond a u64. */
function isDigits(value: unknown): value is string {
  if (typeof value !== "string" || value.length === 0 || value.length > 19) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function readCarefully(answer: Answer, value: unknown, at: string): TokenBalance {
  const entry = answer.record(value, at);
  const { owner } = entry as { owner?: unknown };
  return {
    place: answer.count(entry["accountIndex"], `${at}.accountIndex`),
    mint: answer.text(entry["mint"], `${at}.mint`),
    owner: owner === undefined || owner === null || owner === "" ? undefined : answer.text(owner, `${at}.owner`),
    digits: String(
      answer.digits(answer.record(entry["uiTokenAmount"], `${at}.uiTokenAmount`)["amount"], `${at}.amount`),
    ),
  };
}
