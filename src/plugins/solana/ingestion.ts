import type { RpcCall, RpcOutcome } from "../json-rpc/messages.ts";
import { getSlot } from "./block-request.ts";

/** Polls come twice a second; a node that stopped is found out within some seconds. */
const POLLS_A_LOOK = 8;

/** What tells how far a node's own work lies behind what it has received. */
export const INGESTION_CALLS: readonly RpcCall[] = [
  getSlot("processed"),
  { method: "getMaxShredInsertSlot", params: [] },
];

/** Slots that a node has received and not run, by the outcomes of `INGESTION_CALLS`; undefined where it does not tell. */
export function readIngestionLag(outcomes: readonly RpcOutcome[]): number | undefined {
  const [processed, received] = outcomes.map((outcome) => (outcome.ok ? outcome.result : undefined));
  if (typeof processed !== "number" || typeof received !== "number") return undefined;
  return received - processed;
}

/** Looks at a node's ingestion beside its polls: it may fall behind at any time, and calls itself healthy all the same. */
export class IngestionWatch {
  readonly #lagSlots: number;
  #polls = 0;

  /** @param lagSlots how many slots a node may have received and not run */
  constructor(lagSlots: number) {
    this.#lagSlots = lagSlots;
  }

  /** What is to be asked beside this poll: nothing for most. */
  nextCalls(): readonly RpcCall[] {
    this.#polls = (this.#polls + 1) % POLLS_A_LOOK;
    return this.#polls === 0 ? INGESTION_CALLS : [];
  }

  isBehind(outcomes: readonly RpcOutcome[]): boolean {
    return (readIngestionLag(outcomes) ?? 0) > this.#lagSlots;
  }
}
