import type { SolanaTransaction } from "../solana-transaction.ts";

const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";

/** The most accounts of a vote: payer, voter, vote account, two of the chain's own, program. */
const VOTE_ACCOUNTS = 6;

/**
 * Whether all that a transaction does is to vote on blocks, as most of a block's transactions do: it changes no balance but its
 * payer's by the fee, and calls the vote program alone. By its accounts, one of few is taken for that when the vote program is
 * among them: one that did more would name the program that it does it with.
 */
export function isVote(transaction: SolanaTransaction, by: "by-programs" | "by-accounts"): boolean {
  const { programs, meta } = transaction;
  const votes = by === "by-programs" && programs ? callsVotesAlone(transaction, programs) : namesVotes(transaction);
  if (!votes || meta.tokensAfter.length > 0 || meta.change(0) !== -meta.fee) return false;
  for (let place = 1; place < transaction.count; place++) {
    if (meta.lamportsAfter[place] !== meta.lamportsBefore[place]) return false;
  }
  return true;
}

function callsVotesAlone(transaction: SolanaTransaction, programs: readonly number[]): boolean {
  return programs.length > 0 && programs.every((place) => transaction.keyAt(place) === VOTE_PROGRAM);
}

function namesVotes(transaction: SolanaTransaction): boolean {
  if (transaction.count > VOTE_ACCOUNTS) return false;
  for (let place = 0; place < transaction.count; place++) {
    if (transaction.keyAt(place) === VOTE_PROGRAM) return true;
  }
  return false;
}
