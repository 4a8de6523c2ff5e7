import { decodeTransaction } from "../../../core/ledger/codec.ts";
import { hashLedger, initialDigest, nextDigest } from "../../../core/ledger/seal.ts";
import type { Account, BlockRef, LedgerTransaction } from "../../../core/model.ts";
import { encodeIndexes } from "../account-row.ts";
import { type BlockRow, decodeBlock, decodeNumber, decodeTransactionGroup } from "../block-rows.ts";
import { hexOf } from "../chain-state.ts";
import { corruptRow } from "../database.ts";
import {
  historyKey,
  keyIndex,
  keyNumber,
  readIndex,
  TRANSACTIONS_PER_ROW,
  tableRange,
  textKey,
  transactionIdKey,
} from "../keys.ts";
import type { Row, RowReader } from "../reader.ts";
import type { RegisteredChain } from "../stored-chains.ts";
import { readSince } from "../watched.ts";
import type { Findings } from "./findings.ts";
import type { OutputChecks } from "./output-checks.ts";
import { balanceFingerprint, type RowChecks } from "./row-checks.ts";
import type { StoredNumbers } from "./stored-numbers.ts";

/** What the blocks add up to, which the position has to agree with. */
export type BlockTotals = {
  readonly tip: BlockRef | undefined;
  readonly digest: Uint8Array;
  readonly blocks: number;
  /** Blocks whose ledger hash was recomputed. */
  readonly recomputed: number;
  readonly transactions: number;
  /** Of these, those that are stored. */
  readonly kept: number;
  readonly movements: number;
};

type Context = {
  readonly reader: RowReader;
  readonly chain: RegisteredChain;
  readonly findings: Findings;
  readonly numbers: StoredNumbers;
  readonly checks: RowChecks;
  readonly outputs: OutputChecks;
};

/**
 * Walks blocks and transactions side by side: recomputes links, ledger hashes and digests, and notes which rows the
 * movements must have left in the other tables.
 */
export async function verifyBlocks(context: Context): Promise<BlockTotals> {
  const { reader, chain, findings } = context;
  const { terms, number } = chain;
  let tip: BlockRef | undefined;
  let digest: Uint8Array = initialDigest(terms.chain, terms.profile, terms.startHeight);
  const totals = { blocks: 0, recomputed: 0, transactions: 0, kept: 0, movements: 0 };
  const groups = new TransactionGroups(reader, number);
  try {
    for await (const [key, value] of reader.walk(tableRange(number, "block"))) {
      const height = keyNumber(key, 0);
      const where = `${terms.chain}: block ${height}`;
      await findings.attempt(where, async () => {
        const row = readRow(height, value);
        digest = nextDigest(digest, row.ledgerHash);
        checkRow(context, row, height, tip, digest);
        tip = row.ref;
        const encoded = await groups.take(height);
        const decoded = encoded.map((bytes) => decodeTransaction(bytes));
        const counts = checkCounts(findings, where, row, encoded, decoded);
        totals.blocks++;
        totals.kept += decoded.length;
        totals.recomputed += counts.recomputed;
        totals.transactions += counts.transactions;
        totals.movements += counts.movements;
        for (const [i, bytes] of encoded.entries()) {
          const { index } = decoded[i] as LedgerTransaction;
          context.checks.ids.expect(height, transactionIdKey(number, bytes, height, index));
        }
        await expectRows(context, height, decoded);
        if (terms.scope !== "watched") await context.outputs.block(decoded, height);
      });
      findings.progress(1);
      await findings.breathe();
    }
    for (const height of await groups.rest())
      findings.fault(`${terms.chain}: transactions of block ${height}`, "a block", "none");
  } finally {
    await groups.close();
  }
  return { tip, digest, ...totals };
}

/**
 * Recomputes what is stored whole. Of what is kept in part, only what is there can be told wrong: its ledger hash is what the
 * digests are the chain of.
 * @returns what the block adds to the totals
 */
function checkCounts(
  findings: Findings,
  where: string,
  row: BlockRow,
  encoded: readonly Uint8Array[],
  decoded: readonly LedgerTransaction[],
): { readonly recomputed: number; readonly transactions: number; readonly movements: number } {
  findings.equal(`${where}: transactions`, row.kept ?? row.transactions, encoded.length);
  const movements = decoded.reduce((sum, transaction) => sum + transaction.movements.length, 0);
  if (row.kept !== undefined && row.kept !== row.transactions) {
    const last = decoded.at(-1)?.index ?? -1;
    if (last >= row.transactions) findings.fault(`${where}: indexes`, `below ${row.transactions}`, last);
    if (movements > row.movements) findings.fault(`${where}: movements`, `at most ${row.movements}`, movements);
    return { recomputed: 0, transactions: row.transactions, movements: row.movements };
  }
  findings.equal(`${where}: ledger hash`, hexOf(row.ledgerHash), hexOf(hashLedger(row.ref, encoded)));
  findings.equal(`${where}: movements`, row.movements, movements);
  return { recomputed: 1, transactions: decoded.length, movements };
}

function readRow(height: number, value: Uint8Array): BlockRow {
  try {
    return decodeBlock(value);
  } catch (error) {
    throw corruptRow(`block ${height}`, error);
  }
}

function checkRow(
  { reader, chain, findings }: Context,
  row: BlockRow,
  height: number,
  tip: BlockRef | undefined,
  digest: Uint8Array,
): void {
  const { terms, number } = chain;
  const where = `${terms.chain}: block ${height}`;
  const { ref } = row;
  findings.equal(`${where}: height`, height, ref.height);
  findings.equal(`${where}: digest`, hexOf(digest), hexOf(row.digest));
  if (tip) {
    findings.equal(`${where}: parent`, tip.hash, ref.parentHash);
    findings.equal(`${where}: parent height`, tip.height, ref.parentHeight);
  } else if (ref.parentHeight >= terms.startHeight)
    findings.fault(`${where}: parent height`, `below ${terms.startHeight}`, ref.parentHeight);
  const pointer = reader.get(textKey(number, "blockHash", ref.hash));
  findings.equal(`${where}: height of its hash`, height, pointer ? decodeNumber(pointer) : "none");
}

/** Notes the history rows and balance points that a block's transactions must have left. */
async function expectRows(
  { reader, chain, findings, numbers, checks }: Context,
  height: number,
  transactions: readonly LedgerTransaction[],
): Promise<void> {
  const accounts = new Map<string, { readonly indexes: number[]; readonly nets: Map<string, bigint> }>();
  const assets = new Set<string>();
  const keeps = await keptAt(reader, chain, height, transactions);
  for (const { index, movements } of transactions) {
    for (const { account, asset, delta } of movements) {
      if (!keeps(account)) continue;
      let seen = accounts.get(account);
      if (seen === undefined) {
        seen = { indexes: [], nets: new Map() };
        accounts.set(account, seen);
      }
      if (seen.indexes[seen.indexes.length - 1] !== index) seen.indexes.push(index);
      seen.nets.set(asset, (seen.nets.get(asset) ?? 0n) + delta);
      assets.add(asset);
    }
  }
  const accountNumbers = await numbers.accounts([...accounts.keys()]);
  const assetNumbers = await numbers.assets([...assets]);
  for (const [account, { indexes, nets }] of accounts) {
    const number = accountNumbers.get(account);
    if (number === undefined) {
      findings.fault(
        `${chain.terms.chain}: account ${account}`,
        `a row, for block ${height} moves its balance`,
        "none",
      );
      continue;
    }
    checks.history.expect(height, Buffer.concat([historyKey(chain.number, number, height), encodeIndexes(indexes)]));
    for (const [asset, net] of nets) {
      const assetNumber = assetNumbers.get(asset);
      if (assetNumber === undefined) findings.fault(`${chain.terms.chain}: asset ${asset}`, "a number", "none");
      else if (net !== 0n) checks.points.expect(height, balanceFingerprint(number, assetNumber, height, net));
    }
  }
}

/** Whose rows a block has left. */
async function keptAt(
  reader: RowReader,
  { terms, number }: RegisteredChain,
  height: number,
  transactions: readonly LedgerTransaction[],
): Promise<(account: Account) => boolean> {
  if (terms.scope !== "watched") return () => true;
  const accounts = new Set(transactions.flatMap(({ movements }) => movements.map(({ account }) => account)));
  const since = await readSince(reader, number, accounts);
  return (account) => since.covers(account, height);
}

/** The transaction rows in the order of heights, taken block by block. */
class TransactionGroups {
  readonly #rows: AsyncGenerator<Row, void, void>;
  #next: Row | undefined;
  #begun = false;

  constructor(reader: RowReader, chain: number) {
    this.#rows = reader.walk(tableRange(chain, "transactions"), 16);
  }

  async #peek(): Promise<Row | undefined> {
    if (!this.#begun) await this.#advance();
    return this.#next;
  }

  async #advance(): Promise<void> {
    this.#begun = true;
    this.#next = (await this.#rows.next()).value ?? undefined;
  }

  /** The transactions of a height, to be asked for in ascending order; those of heights left out stay for `rest`. */
  async take(height: number): Promise<Buffer[]> {
    const encoded: Buffer[] = [];
    for (let row = await this.#peek(); row; row = await this.#peek()) {
      const at = keyNumber(row[0], 0);
      if (at > height) break;
      if (at < height) this.#strays.add(at);
      else encoded.push(...this.#group(height, keyIndex(row[0], 5), row[1]));
      await this.#advance();
    }
    // Of a block that is whole the indexes have no gaps, which its hash and their number tell.
    return encoded;
  }

  /** The transactions of one row: each belongs there, in the order of the indexes. */
  #group(height: number, group: number, value: Uint8Array): Buffer[] {
    const encoded = decodeTransactionGroup(value);
    let last = group * TRANSACTIONS_PER_ROW - 1;
    for (const bytes of encoded) {
      const index = readIndex(bytes);
      if (index <= last || index >= (group + 1) * TRANSACTIONS_PER_ROW) {
        throw corruptRow(`the transactions of block ${height}: transaction ${index} is out of its place`);
      }
      last = index;
    }
    return encoded;
  }

  readonly #strays = new Set<number>();

  /** Heights of transactions that no block has asked for. */
  async rest(): Promise<number[]> {
    for (let row = await this.#peek(); row; row = await this.#peek()) {
      if (this.#strays.size < 100) this.#strays.add(keyNumber(row[0], 0));
      await this.#advance();
    }
    return [...this.#strays];
  }

  async close(): Promise<void> {
    await this.#rows.return();
  }
}
