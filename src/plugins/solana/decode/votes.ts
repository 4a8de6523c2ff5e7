import type { SolanaTransaction } from "../read-block.ts";

const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";

/** The most accounts of a vote: payer, voter, vote account, two of the chain's own, program. */
const VOTE_ACCOUNTS = 6;

/**
 * Whether all that a transaction does is to vote on blocks, as most of a block's transactions do: it changes no balance but its
 * payer's by the fee, and calls the vote program alone. By its accounts, one of few is taken for that when the vote program is
 * among them: one that did more would name the program that it does it with.
 */
export function isVote({ programs, keys, meta }: SolanaTransaction, by: "by-programs" | "by-accounts"): boolean {
  const calls =
    by === "by-programs" && programs
      ? programs.length > 0 && programs.every((program) => program === VOTE_PROGRAM)
      : keys.length <= VOTE_ACCOUNTS && keys.includes(VOTE_PROGRAM);
  if (!calls || meta.tokensAfter.length > 0) return false;
  return keys.every((_, i) => (meta.after[i] as bigint) + (i === 0 ? meta.fee : 0n) === meta.before[i]);
}
