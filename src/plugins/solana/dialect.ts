import type { Commitment, Detail } from "./block-request.ts";

/** What one node understands, as far as it has shown. Kept as long as the connection lives. */
export class Dialect {
  /** Whether blocks are wanted as soon as the node has run them. */
  readonly wantsProcessed: boolean;
  /** Whether the node gives blocks that are not confirmed; undefined until it was asked. */
  processed: boolean | undefined;
  /** Whether the node gives transactions as accounts alone; undefined until it was asked. */
  accounts: boolean | undefined;
  /** Whether the node has told the time of a block. */
  tellsTime = false;

  constructor(wantsProcessed: boolean) {
    this.wantsProcessed = wantsProcessed;
  }

  /** The commitment with which blocks are asked for: the newest that are wanted and that the node gives. */
  get commitment(): Exclude<Commitment, "finalized"> {
    return this.wantsProcessed && this.processed === true ? "processed" : "confirmed";
  }

  /** The least detail that the node gives of those that will do. */
  detail(enough: Exclude<Detail, "none">): Exclude<Detail, "none"> {
    return enough === "accounts" && this.accounts === true ? "accounts" : "full";
  }
}
