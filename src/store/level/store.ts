import { type MetricRegistry, noMetrics } from "../../core/contracts/metrics.ts";
import type { OperationRecords } from "../../core/contracts/records.ts";
import type {
  ChainLedger,
  JournalEntry,
  LedgerStore,
  LedgerTerms,
  StoreSupport,
  VerifyReport,
} from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { encodeChain } from "./block-rows.ts";
import type { Database } from "./database.ts";
import { readJournal, readJournalHead } from "./journal.ts";
import { STORE, textKey } from "./keys.ts";
import { LevelLedger, type StoreCore } from "./ledger.ts";
import { meterWrites } from "./metrics.ts";
import { LevelRecords } from "./operation-records.ts";
import { ReadGate } from "./read-gate.ts";
import { RowReader } from "./reader.ts";
import { RowBatch } from "./row-batch.ts";
import { prepareStore, type RegisteredChain, readChains, readStoredChain } from "./stored-chains.ts";
import { verifyStore } from "./verify/verify-store.ts";
import { WriteQueue } from "./write-queue.ts";

/** The ledgers of many chains in one LevelDB database. */
class LevelStore implements LedgerStore {
  readonly supports: StoreSupport;
  readonly records: OperationRecords;
  readonly #core: StoreCore;
  readonly #chains: Map<string, RegisteredChain>;
  readonly #open = new Map<string, LevelLedger>();
  #closing: Promise<void> | undefined;

  constructor(core: StoreCore, chains: readonly RegisteredChain[], persistent: boolean) {
    this.#core = core;
    this.#chains = new Map(chains.map((chain) => [chain.terms.chain, chain]));
    this.supports = { persistent, shared: false };
    this.records = new LevelRecords(core);
  }

  async chains(): Promise<readonly LedgerTerms[]> {
    this.#core.gate.check();
    return [...this.#chains.values()].map(({ terms }) => terms);
  }

  openChain(terms: LedgerTerms): Promise<ChainLedger> {
    return this.#core.queue.run(async () => {
      let registered = this.#chains.get(terms.chain);
      if (registered) checkTerms(registered.terms, terms);
      else registered = await this.#register(terms);
      const open = this.#open.get(terms.chain);
      if (open) return open;
      const ledger = new LevelLedger(this.#core, await readStoredChain(this.#core.reader, registered));
      this.#open.set(terms.chain, ledger);
      ledger.sweep();
      return ledger;
    });
  }

  async #register({ chain, profile, startHeight, scope = "all" }: LedgerTerms): Promise<RegisteredChain> {
    const number = Math.max(0, ...[...this.#chains.values()].map((known) => known.number)) + 1;
    if (number > 0xffff) throw new HeadwaterError("store-failure", "the store holds 65,535 chains, as many as it can");
    const rows = new RowBatch();
    rows.put(textKey(STORE, "chain", chain), encodeChain({ number, profile, startHeight, scope }));
    await rows.write(this.#core.database, true);
    const terms = { chain, profile, startHeight, ...(scope === "watched" && { scope }) };
    const registered = { number, terms };
    this.#chains.set(chain, registered);
    return registered;
  }

  events(after: number, limit: number): Promise<JournalEntry[]> {
    return this.#core.gate.run(() => readJournal(this.#core.reader, after, limit));
  }

  verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<VerifyReport> {
    return this.#core.gate.run(async () => {
      // Between two writes, so that chains and journal are seen as of the same moment.
      const snapshot = await this.#core.queue.run(async () => this.#core.database.snapshot());
      try {
        const chains = [...this.#chains.values()];
        return await verifyStore(new RowReader(this.#core.database, snapshot), chains, onProgress, signal);
      } finally {
        await snapshot.close();
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Reads first: a check of the store still needs the queue once.
    await this.#core.gate.close();
    await this.#core.queue.close();
    for (const ledger of this.#open.values()) ledger.release();
    await this.#core.database.close();
  }
}

function checkTerms(stored: LedgerTerms, asked: LedgerTerms): void {
  const differences: string[] = [];
  if (stored.profile !== asked.profile) differences.push(`profile ${stored.profile}, now asked ${asked.profile}`);
  if (stored.startHeight !== asked.startHeight) {
    differences.push(`start height ${stored.startHeight}, now asked ${asked.startHeight}`);
  }
  const { scope = "all" } = stored;
  if (scope !== (asked.scope ?? "all")) {
    differences.push(
      scope === "all"
        ? "scope all, now asked watched"
        : "scope watched, now asked all, for which what was left out is missing",
    );
  }
  if (differences.length === 0) return;
  throw new HeadwaterError(
    "store-incompatible",
    `the store holds ${stored.chain} with ${differences.join("; ")}. ` +
      "Use the former settings, or index this chain anew into an empty store path",
    {
      details: {
        chain: stored.chain,
        storedProfile: stored.profile,
        askedProfile: asked.profile,
        storedStartHeight: stored.startHeight,
        askedStartHeight: asked.startHeight,
        storedScope: scope,
        askedScope: asked.scope ?? "all",
      },
    },
  );
}

/**
 * A store over an open database, which it closes with itself.
 * @param persistent whether what the database holds outlives the process
 * @throws HeadwaterError `store-incompatible` when the database is no store or of a newer layout, `store-corrupt`
 */
export async function createLevelStore(
  database: Database,
  persistent: boolean,
  metrics: MetricRegistry = noMetrics,
): Promise<LedgerStore> {
  const reader = new RowReader(database);
  await prepareStore(database, reader);
  const journal = await readJournalHead(reader);
  const core = { database, reader, queue: new WriteQueue(meterWrites(metrics)), gate: new ReadGate(), journal };
  return new LevelStore(core, await readChains(reader), persistent);
}
