import type { ErrorCode, HeadwaterError } from "../../core/errors.ts";

/**
 * What a failed call tells of the node that was asked.
 * - `failed`: it does not work: counts for the breaker and as an error.
 * - `wrong`: it works and answers what it should not: counts as an error.
 * - `throttled`: it asks for fewer requests, which is no misbehaviour.
 * - `refused`: it does not have or cannot do what was asked, and says so.
 * - `answered`: nothing against it: it told something that comes as an error.
 * - `ours`: nothing; the fault is on this side.
 */
export type FailureKind = "failed" | "wrong" | "throttled" | "refused" | "answered" | "ours";

const KINDS: Partial<Readonly<Record<ErrorCode, FailureKind>>> = {
  "node-unreachable": "failed",
  "node-timeout": "failed",
  "node-http-error": "failed",
  "node-bad-response": "failed",
  "node-throttled": "throttled",
  "node-block-missing": "refused",
  "node-block-skipped": "answered",
  "node-history-pruned": "refused",
  "node-method-unsupported": "refused",
};

export function failureKind(error: HeadwaterError): FailureKind {
  const kind = KINDS[error.code];
  if (kind) return kind;
  return error.fault === "node" || error.fault === "data" ? "wrong" : "ours";
}
