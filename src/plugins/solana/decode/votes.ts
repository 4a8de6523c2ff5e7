import type { SolanaTransaction } from "../read-block.ts";

const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";

/**
 * Whether all that a transaction does is to vote on blocks, as most of a block's transactions do: it calls the vote program
 * alone and changes no balance but its payer's by the fee. Where the answer tells accounts alone, one of at most six accounts
 * (payer, voter, vote account, two of the chain's own, program) is taken for one: one that did more would name the program
 * that it does it with.
 */
export function isVote({ programs, keys, meta }: SolanaTransaction): boolean {
  const calls = programs
    ? programs.length > 0 && programs.every((program) => program === VOTE_PROGRAM)
    : keys.length <= 6 && keys.includes(VOTE_PROGRAM);
  if (!calls || meta.tokensAfter.length > 0) return false;
  return keys.every((_, i) => (meta.after[i] as bigint) + (i === 0 ? meta.fee : 0n) === meta.before[i]);
}
