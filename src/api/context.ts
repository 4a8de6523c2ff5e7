import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Exposition } from "../core/contracts/metrics.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { BalanceText } from "./balance-text.ts";
import type { ChainDirectory } from "./chain-directory.ts";
import type { Gate } from "./gate.ts";

/** What the groups of routes are given. */
export type ApiContext = {
  readonly chains: ChainDirectory;
  readonly accounts: AccountDirectory;
  readonly balanceText: BalanceText;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What `/metrics` answers. */
  readonly expose: () => Promise<Exposition>;
};
