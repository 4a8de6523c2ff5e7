import type { ChainLedger } from "../core/contracts/store.ts";
import { asHeadwaterError } from "../core/errors.ts";
import type { Bell } from "./bell.ts";

export type AwaitLedgerOptions = {
  /** @throws HeadwaterError `not-ready` while the ledger's terms cannot be known */
  readonly open: () => Promise<ChainLedger>;
  /** Rings when there is news of nodes. */
  readonly bell: Bell;
  readonly pollMs: number;
  /** Why it is not open yet; undefined once it is. */
  readonly note: (failure: string | undefined) => void;
};

/** Opens a chain's ledger as soon as its terms are known; until then some node must answer. @throws what `open` throws else */
export async function awaitLedger(options: AwaitLedgerOptions, signal: AbortSignal): Promise<ChainLedger> {
  const { open, bell, pollMs, note } = options;
  for (;;) {
    signal.throwIfAborted();
    bell.hush();
    try {
      const ledger = await open();
      note(undefined);
      return ledger;
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (failure.code !== "not-ready") throw failure;
      note(failure.message);
    }
    await bell.wait(pollMs, signal);
  }
}
