import { ByteWriter } from "../../../core/bytes.ts";
import { LIMITS } from "../../../core/limits.ts";
import { decodeEntry, decodePoint, type Entry, POINT } from "../account-row.ts";
import type { Counters } from "../block-rows.ts";
import { keyHeight, keyNumber, keyText, numberKey, tableRange } from "../keys.ts";
import { RowCursor } from "../packed-row.ts";
import type { RowReader } from "../reader.ts";
import type { RegisteredChain } from "../stored-chains.ts";
import { readWatched } from "../watched.ts";
import { readRow } from "../working-set.ts";
import type { Findings } from "./findings.ts";
import { Fingerprints } from "./fingerprints.ts";

/** Which rows the blocks must have left, against those that are there. */
export type RowChecks = {
  /** Transactions' ids, by height. */
  readonly ids: Fingerprints;
  /** History rows, by height. */
  readonly history: Fingerprints;
  /** Changes of balances between one point and the next, by height. */
  readonly points: Fingerprints;
  /** Newest points against current entries, by account number. */
  readonly entries: Fingerprints;
};

export function createRowChecks(startHeight: number, tip: number, counters: Counters): RowChecks {
  const heights = () => new Fingerprints(startHeight, tip);
  return { ids: heights(), history: heights(), points: heights(), entries: new Fingerprints(1, counters.accounts) };
}

const scratch = new ByteWriter(64);

/** One form for a change or a sum of an account in an asset at a height, whichever row it comes from. */
export function balanceFingerprint(account: number, asset: number, height: number, amount: bigint): Buffer {
  scratch.reset();
  scratch.varint(account);
  scratch.varint(asset);
  scratch.varint(height);
  scratch.bigint(amount);
  return scratch.finish();
}

/** Walks every table that follows from the blocks. Each is read once, from its beginning to its end. */
export class RowWalk {
  readonly #reader: RowReader;
  readonly #chain: RegisteredChain;
  readonly #findings: Findings;
  readonly #checks: RowChecks;
  /** Numbers of accounts whose rows are being erased: what is left of them follows from nothing. */
  readonly #unwatched: ReadonlySet<number>;

  constructor(
    reader: RowReader,
    chain: RegisteredChain,
    findings: Findings,
    checks: RowChecks,
    unwatched: ReadonlySet<number>,
  ) {
    this.#unwatched = unwatched;
    this.#reader = reader;
    this.#chain = chain;
    this.#findings = findings;
    this.#checks = checks;
  }

  async ids(): Promise<void> {
    const { ids } = this.#checks;
    for await (const [key] of this.#reader.walk(tableRange(this.#chain.number, "transactionId"))) {
      ids.find(keyNumber(key, 8), key);
      await this.#findings.breathe();
    }
    ids.report(this.#findings, this.#name("transaction ids"), "block");
  }

  async history(): Promise<void> {
    const { history } = this.#checks;
    for await (const [key, value] of this.#reader.walk(tableRange(this.#chain.number, "history"))) {
      if (!this.#unwatched.has(keyNumber(key, 0))) history.find(keyHeight(key, 5), Buffer.concat([key, value]));
      await this.#findings.breathe();
    }
    history.report(this.#findings, this.#name("history rows"), "block");
  }

  /** Points come newest first: what changed is the difference to the next row of the same account and asset. */
  async points(): Promise<void> {
    const { points, entries } = this.#checks;
    const start = this.#chain.terms.startHeight;
    let above: { account: number; asset: number; height: number; sum: bigint; flags: number } | undefined;
    const settle = (below: bigint) => {
      if (!above) return;
      const { account, asset, height, sum, flags } = above;
      const moved = sum !== below;
      if (moved) points.find(height, balanceFingerprint(account, asset, height, sum - below));
      if (moved !== ((flags & POINT.moved) !== 0)) {
        this.#findings.fault(
          this.#name(`balance point of account ${account} in asset ${asset} at ${height}`),
          "a change",
          "none",
        );
      }
    };
    for await (const [key, value] of this.#reader.walk(tableRange(this.#chain.number, "balance"))) {
      if (this.#unwatched.has(keyNumber(key, 0))) continue;
      const at = {
        account: keyNumber(key, 0),
        asset: keyNumber(key, 5),
        height: keyHeight(key, 10),
        ...decodePoint(value),
      };
      const same = above !== undefined && above.account === at.account && above.asset === at.asset;
      settle(same ? at.sum : 0n);
      // A point of nothing at the first height is left out on both sides: an entry without points looks the same.
      if (!same && !(at.sum === 0n && at.height === start)) {
        entries.expect(at.account, balanceFingerprint(at.account, at.asset, at.height, at.sum));
      }
      above = at;
      await this.#findings.breathe();
    }
    settle(0n);
    points.report(this.#findings, this.#name("changes of balances"), "block");
  }

  async entries(counters: Counters): Promise<void> {
    const { number: chain } = this.#chain;
    const inPart = this.#chain.terms.scope === "watched";
    let spilled = 0;
    for await (const [key, value] of this.#reader.walk(tableRange(chain, "account"))) {
      const account = keyText(key);
      const row = readRow(account, value);
      const where = this.#name(`account ${account}`);
      if (row.number < 1 || row.number >= counters.accounts)
        this.#findings.fault(`${where}: number`, `below ${counters.accounts}`, row.number);
      if (inPart && !readWatched(this.#reader, chain, account))
        this.#findings.fault(where, "a watched account", "none");
      spilled += row.spilled;
      if (row.spilled > 0) {
        this.#findings.equal(`${where}: entries`, row.spilled, await this.#spilled(row.number));
        if (row.spilled <= LIMITS.accountInlineAssets)
          this.#findings.fault(`${where}: entries`, "inline", `${row.spilled} rows`);
      }
      const cursor = new RowCursor(row.bytes, row.start);
      while (cursor.next()) this.#entry(row.number, decodeEntry(cursor.asset, cursor.bytesOfEntry()));
      await this.#findings.breathe();
    }
    let rows = 0;
    for await (const [key] of this.#reader.walk(tableRange(chain, "spilled"))) {
      if (!this.#unwatched.has(keyNumber(key, 0))) rows++;
    }
    this.#findings.equal(this.#name("entries of accounts with many assets"), spilled, rows);
    this.#checks.entries.report(this.#findings, this.#name("current entries"), "account number");
  }

  async #spilled(account: number): Promise<number> {
    const { number: chain } = this.#chain;
    const range = { gte: numberKey(chain, "spilled", account), lt: numberKey(chain, "spilled", account + 1) };
    let count = 0;
    for await (const [key, value] of this.#reader.walk(range)) {
      this.#entry(account, decodeEntry(keyNumber(key, 5), value));
      count++;
    }
    return count;
  }

  #entry(account: number, { asset, changedAt, sum }: Entry): void {
    if (sum === 0n && changedAt === this.#chain.terms.startHeight) return;
    this.#checks.entries.find(account, balanceFingerprint(account, asset, changedAt, sum));
  }

  #name(what: string): string {
    return `${this.#chain.terms.chain}: ${what}`;
  }
}
