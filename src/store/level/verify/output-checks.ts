import { ByteReader, ByteWriter } from "../../../core/bytes.ts";
import { unpackOutputId } from "../../../core/ledger/output-id.ts";
import type { LedgerTransaction, TransactionOutput } from "../../../core/model.ts";
import type { Counters } from "../block-rows.ts";
import { findMade, readTransaction } from "../history.ts";
import { keyNumber, packedText, tableRange } from "../keys.ts";
import { type AccountOutput, decodeAccountOutput, decodeOutput, type StoredOutput } from "../output-rows.ts";
import type { RowReader } from "../reader.ts";
import type { RegisteredChain } from "../stored-chains.ts";
import type { Findings } from "./findings.ts";
import { Fingerprints } from "./fingerprints.ts";
import type { StoredNumbers } from "./stored-numbers.ts";

/** Rows whose accounts are looked up at once. */
const PORTION = 256;

const scratch = new ByteWriter(256);

type Read = { readonly reader: RowReader; readonly chain: RegisteredChain; readonly numbers: StoredNumbers };

/**
 * Holds the set of unspent outputs against the transactions: what they make less what they spend, account by account, is
 * what stands there by id; both tables hold the same; and each output stands where the transaction does that made it.
 */
export class OutputChecks {
  readonly #read: Read;
  readonly #findings: Findings;
  readonly #byId: Fingerprints;
  readonly #byAccount: Fingerprints;

  constructor(read: Read, findings: Findings, counters: Counters) {
    this.#read = read;
    this.#findings = findings;
    this.#byId = new Fingerprints(1, counters.accounts);
    this.#byAccount = new Fingerprints(1, counters.accounts);
  }

  /** Notes what a block's transactions do to the set. */
  async block(transactions: readonly LedgerTransaction[], height: number): Promise<void> {
    const accounts = new Set<string>();
    const assets = new Set<string>();
    for (const { outputs } of transactions) {
      for (const list of [outputs?.spends ?? [], outputs?.makes ?? []]) {
        for (const { account, asset } of list) {
          accounts.add(account);
          assets.add(asset);
        }
      }
    }
    if (accounts.size === 0) return;
    const numbers = await this.#read.numbers.accounts([...accounts]);
    const assetNumbers = await this.#read.numbers.assets([...assets]);
    const note = ({ id, account, asset, amount }: TransactionOutput, sign: 1 | -1) => {
      const [who, what] = [numbers.get(account) ?? 0, assetNumbers.get(asset) ?? 0];
      this.#byId.expect(who, fingerprint(id, what, amount), sign);
    };
    for (const { outputs } of transactions) {
      for (const output of outputs?.makes ?? []) note(output, 1);
      for (const output of outputs?.spends ?? []) if (await this.#knows(output, height)) note(output, -1);
    }
  }

  /** Whether a spent output was ever in the set: of an index that begins with its chain, each is. */
  async #knows({ id }: TransactionOutput, height: number): Promise<boolean> {
    const { reader, chain } = this.#read;
    if (chain.terms.startHeight === 0) return true;
    const transaction = id.slice(0, id.lastIndexOf(":"));
    return (await findMade(reader, chain.number, transaction, new Set([id]), height)).has(id);
  }

  /** Walks the outputs by their ids. */
  async ids(): Promise<void> {
    const { reader, chain, numbers } = this.#read;
    let portion: { readonly id: string; readonly output: StoredOutput }[] = [];
    const note = async () => {
      const accounts = await numbers.accounts(portion.map(({ output }) => output.account));
      for (const { id, output } of portion) {
        const account = accounts.get(output.account) ?? 0;
        this.#byId.find(account, fingerprint(id, output.asset, output.amount));
        this.#byAccount.expect(account, fingerprintWithPlace(id, output));
      }
      portion = [];
    };
    for await (const [key, value] of reader.walk(tableRange(chain.number, "output"))) {
      portion.push({ id: unpackOutputId(new ByteReader(packedText(key))), output: decodeOutput(value) });
      if (portion.length === PORTION) await note();
      await this.#findings.breathe();
    }
    await note();
    this.#byId.report(this.#findings, this.#name("unspent outputs by id"), "account number");
  }

  /** Walks the outputs by their accounts. To be called after `ids`. */
  async accounts(): Promise<void> {
    const { reader, chain } = this.#read;
    let maker: { readonly height: number; readonly index: number; readonly transaction: LedgerTransaction } | undefined;
    for await (const [key, value] of reader.walk(tableRange(chain.number, "accountOutput"))) {
      const output = decodeAccountOutput(key, value);
      const { transaction, position, height, index } = output;
      const id = `${transaction}:${position}`;
      this.#byAccount.find(keyNumber(key, 0), fingerprintWithPlace(id, output));
      if (maker?.height !== height || maker.index !== index) {
        maker = { height, index, transaction: readTransaction(reader, chain.number, { height, index }) };
      }
      this.#place(id, output, maker.transaction);
      await this.#findings.breathe();
    }
    this.#byAccount.report(this.#findings, this.#name("unspent outputs by account"), "account number");
  }

  #place(id: string, { transaction, coinbase, height, index }: AccountOutput, maker: LedgerTransaction): void {
    const where = this.#name(`output ${id}, made by transaction ${index} of block ${height}`);
    this.#findings.equal(where, maker.id, transaction);
    this.#findings.equal(`${where}: reward`, String(maker.outputs?.coinbase), String(coinbase));
  }

  #name(what: string): string {
    return `${this.#read.chain.terms.chain}: ${what}`;
  }
}

function fingerprint(id: string, asset: number, amount: bigint): Buffer {
  scratch.reset();
  scratch.text(id);
  scratch.varint(asset);
  scratch.bigint(amount);
  return scratch.finish();
}

function fingerprintWithPlace(id: string, output: Omit<StoredOutput, "account">): Buffer {
  scratch.reset();
  scratch.text(id);
  scratch.varint(output.asset);
  scratch.bigint(output.amount);
  scratch.varint(output.height);
  scratch.varint(output.index);
  scratch.byte(output.coinbase ? 1 : 0);
  return scratch.finish();
}
