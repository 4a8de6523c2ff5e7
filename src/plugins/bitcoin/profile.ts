/** The version of decoding. A change of what decoding makes of the same bytes makes another digest and needs another. */
const PROFILE = "bitcoin/1";
const TOLD_PROFILE = "bitcoin/1+told";

/** What a node's probe says when it tells the outputs that blocks spend, or the transactions that made them. */
export const SPENT_CAPABILITIES = ["prevouts", "txindex"] as const;

/**
 * The decoding profile's text: the version, and `+told` where blocks come with the outputs that they spend, because the
 * ledger does not know all outputs itself.
 */
export function buildProfile(told: boolean): string {
  return told ? TOLD_PROFILE : PROFILE;
}

/** Whether blocks of this profile come with the outputs that they spend. */
export function isTold(profile: string): boolean {
  return profile === TOLD_PROFILE;
}

/** Whether this version of decoding makes blocks of the profile. */
export function isKnownProfile(profile: string): boolean {
  return profile === PROFILE || profile === TOLD_PROFILE;
}
