import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger } from "../core/contracts/store.ts";
import { AgreedReads } from "./agreed-reads.ts";
import type { EvidenceLog } from "./agreement/evidence-log.ts";
import type { Quorum } from "./agreement/quorum.ts";
import { BalanceAsker } from "./ask-balances.ts";
import { BalanceReader } from "./balances.ts";
import { HoldingReader } from "./holdings.ts";
import type { LedgerWatch } from "./ledger-watch.ts";
import type { NodePool } from "./pool/node-pool.ts";
import { BackLeader } from "./recent-balances.ts";
import { Reconciler } from "./reconciler.ts";
import { FirstBalances } from "./watch/first-balances.ts";

export type BalancePartsOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  /** Told of every change of the ledger. */
  readonly watch: LedgerWatch;
  readonly nodes: NodePool;
  readonly quorum: Quorum;
  readonly evidence: EvidenceLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** Aborts when the engine stops. */
  readonly stopped: AbortSignal;
  /** More first balances of watched accounts can be read now. */
  readonly onMore: () => void;
};

/** What answers balances and what holds them against nodes. They live as long as the chain's ledger is open. */
export type BalanceParts = ReturnType<typeof makeBalanceParts>;

export function makeBalanceParts(options: BalancePartsOptions) {
  const { chain, ledger, watch, nodes, quorum, evidence, clock, logger, random, stopped, onMore } = options;
  const reads = new AgreedReads({ nodes, clock, quorum, ...(random && { random }) });
  const back = new BackLeader(chain, ledger, watch);
  const asker = new BalanceAsker({ chain, reads, back, logger, evidence, stopped });
  const parts = { chain, ledger, asker, logger };
  const reconciler = new Reconciler(parts);
  const reader = new BalanceReader({
    ...parts,
    reads,
    onLedgerAmount: (account, asset) => reconciler.note(account, asset),
  });
  const first = new FirstBalances({ ...parts, onMore });
  return { asker, reconciler, reader, first, holdings: new HoldingReader(chain, reads, back) };
}
