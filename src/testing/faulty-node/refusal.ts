import type { WireAnswer } from "../../core/contracts/wire.ts";
import type { Fault, FaultKind, FaultOf } from "./fault-script.ts";

/** What comes back: an answer, a closed connection, or nothing ever. */
export type FaultyReply =
  | { readonly kind: "answer"; readonly answer: WireAnswer }
  | { readonly kind: "dropped" }
  | { readonly kind: "silent" };

/** Faults that know nothing of the chain. */
export const PLAIN_FAULTS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "latency",
  "drop",
  "timeout",
  "status",
  "html",
  "truncated",
  "silent-feed",
]);

const PAGE = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>";

export function pick<Kind extends FaultKind>(faults: readonly Fault[], kind: Kind): FaultOf<Kind> | undefined {
  return faults.find((fault): fault is FaultOf<Kind> => fault.kind === kind);
}

/** The reply of a node that does not even look at the request, and why. */
export function refuse(
  faults: readonly Fault[],
): { readonly kind: FaultKind; readonly reply: FaultyReply } | undefined {
  if (pick(faults, "drop")) return { kind: "drop", reply: { kind: "dropped" } };
  if (pick(faults, "timeout")) return { kind: "timeout", reply: { kind: "silent" } };
  const status = pick(faults, "status");
  if (status) {
    const { retryAfterSeconds } = status;
    const retryAfter = retryAfterSeconds === undefined ? undefined : `${retryAfterSeconds}`;
    return { kind: "status", reply: { kind: "answer", answer: answerWith(status.status, "refused", retryAfter) } };
  }
  if (pick(faults, "html")) return { kind: "html", reply: { kind: "answer", answer: answerWith(200, PAGE) } };
  return undefined;
}

function answerWith(status: number, text: string, retryAfter?: string): WireAnswer {
  return { status, retryAfter, body: new TextEncoder().encode(text) };
}
