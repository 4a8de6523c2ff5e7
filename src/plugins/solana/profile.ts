/** The version of decoding. A change of what decoding makes of the same bytes makes another digest and needs another. */
const PROFILE = "solana/1";
const ACCOUNTS_PROFILE = "solana/1+accounts";
const VOTES_PROFILE = "solana/1+votes";

/**
 * How votes are told from other transactions: by the programs that they call; by their accounts alone, where blocks come without
 * instructions; or not at all, where they are kept. It changes which transactions a ledger has, so it is bound to it.
 */
export type VoteRule = "by-programs" | "by-accounts" | "kept";

const PROFILES: Readonly<Record<VoteRule, string>> = {
  "by-programs": PROFILE,
  "by-accounts": ACCOUNTS_PROFILE,
  kept: VOTES_PROFILE,
};

/** The decoding profile's text: the version, and how votes are treated. */
export function buildProfile(rule: VoteRule): string {
  return PROFILES[rule];
}

/** How the profile treats votes; undefined for a profile that this version of decoding does not make. */
export function voteRuleOf(profile: string): VoteRule | undefined {
  return (Object.keys(PROFILES) as VoteRule[]).find((rule) => PROFILES[rule] === profile);
}

/** Whether decoding has to see which programs a transaction calls: accounts and balances alone do not do then. */
export function needsInstructions(profile: string): boolean {
  return voteRuleOf(profile) === "by-programs";
}
