/** The version of decoding. A change of what decoding makes of the same bytes makes another digest and needs another. */
const PROFILE = "evm/1";
const TRACED_PROFILE = "evm/1+traces";

/** What a node's probe says when it can trace blocks with `callTracer` and `prestateTracer`. */
export const TRACES_CAPABILITY = "traces";

/** The decoding profile's text: the version, and `+traces` where decoding sees internal transfers. */
export function buildProfile(traces: boolean): string {
  return traces ? TRACED_PROFILE : PROFILE;
}

/** Whether blocks of this profile come with traces. */
export function seesTraces(profile: string): boolean {
  return profile === TRACED_PROFILE;
}

/** Whether this version of decoding makes blocks of the profile. */
export function isKnownProfile(profile: string): boolean {
  return profile === PROFILE || profile === TRACED_PROFILE;
}
