import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { MADE_FIELDS } from "../../core/ledger/output-changes.ts";
import { unpackOutputId } from "../../core/ledger/output-id.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { ChainContext } from "./chain-state.ts";
import { missingRow } from "./database.ts";
import { accountOutputKey, idLength, outputKey, packedText, textKey } from "./keys.ts";
import type { OutputSetChange } from "./output-cache.ts";
import { type StoredOutput, writeAccountOutput, writeOutput } from "./output-rows.ts";
import { readOutputRow } from "./outputs.ts";
import type { RowBatch } from "./row-batch.ts";
import type { BlockCast } from "./tally.ts";
import type { WorkingAccount } from "./working-account.ts";
import type { WorkingSet } from "./working-set.ts";

type Made = Omit<StoredOutput, "account" | "asset"> & {
  readonly account: WorkingAccount;
  readonly slot: BlockCast["slots"][number];
};

type Spent = { readonly id: string; readonly account: WorkingAccount; readonly output: StoredOutput };

const scratch = new ByteWriter(256);

/**
 * Works out what blocks do to the set of unspent outputs: the net of all of them, so that what is made and spent within one
 * batch leaves no rows. Ids are packed bytes, read as Latin-1.
 */
export class OutputTally {
  readonly #context: ChainContext;
  readonly #set: WorkingSet;
  readonly #made = new Map<string, Made>();
  /** Outputs of the store that are spent, with the height of the block that does. */
  readonly #spends = new Map<string, number>();
  #spent: Spent[] = [];

  constructor(context: ChainContext, set: WorkingSet) {
    this.#context = context;
    this.#set = set;
  }

  /**
   * Lists what a block spends and makes.
   * @throws HeadwaterError `broken-link` when an output is spent twice and the ledger knows every output
   */
  list({ ref, encoded, outputs }: SealedBlock, { accounts, slots }: BlockCast): void {
    if (outputs === undefined) return;
    const { spendEnds, makes, amounts } = outputs;
    const spends = Buffer.from(outputs.spends.buffer, outputs.spends.byteOffset, outputs.spends.byteLength);
    for (let i = 0, from = 0; i < spendEnds.length; i++) {
      const end = spendEnds[i] as number;
      const id = spends.toString("latin1", from, end);
      from = end;
      if (this.#made.delete(id)) continue;
      if (this.#spends.has(id)) this.#unknown(id, ref.height);
      else this.#spends.set(id, ref.height);
    }
    for (let i = 0, at = 0; i < amounts.length; i++, at += MADE_FIELDS) {
      const index = makes[at] as number;
      const transaction = encoded[index] as Uint8Array;
      scratch.reset();
      scratch.raw(transaction.subarray(0, idLength(transaction)));
      scratch.varint(makes[at + 1] as number);
      this.#made.set(scratch.finish().toString("latin1"), {
        account: accounts[makes[at + 2] as number] as WorkingAccount,
        slot: slots[makes[at + 3] as number] as Made["slot"],
        amount: amounts[i] as bigint,
        height: ref.height,
        index,
        coinbase: makes[at + 4] === 1,
      });
    }
  }

  /**
   * Finds the outputs that are spent, and adds their accounts to the working set, which is loaded after this.
   * @throws HeadwaterError `broken-link` when the ledger knows every output and does not have one of them; `store-corrupt`
   */
  async load(): Promise<void> {
    const { number: chain, reader, outputs } = this.#context;
    const missing: string[] = [];
    const keys: Buffer[] = [];
    const spent: Spent[] = [];
    const find = (id: string, output: StoredOutput) => {
      spent.push({ id, account: this.#set.add(output.account), output });
    };
    for (const id of this.#spends.keys()) {
      const known = outputs.get(id);
      if (known !== undefined) find(id, known);
      else {
        missing.push(id);
        keys.push(outputKey(chain, Buffer.from(id, "latin1")));
      }
    }
    const values = await reader.getMany(keys);
    for (const [i, id] of missing.entries()) {
      const value = values[i];
      if (value === undefined) this.#unknown(id, this.#spends.get(id) as number);
      else find(id, readOutputRow(textOfId(id), value));
    }
    this.#spent = spent;
  }

  /** An index that begins later than its chain does not know what was made before: such an output is passed over. */
  #unknown(id: string, height: number): void {
    const { chain, startHeight } = this.#context.terms;
    if (startHeight > 0) return;
    const output = textOfId(id);
    const message = `${chain}: block ${height} spends the output ${output}, which the ledger does not have: never made, or spent`;
    throw new HeadwaterError("broken-link", message, { details: { height, output } });
  }

  /** Adds the rows to a batch. Accounts and assets must have their numbers. @throws HeadwaterError `store-corrupt` */
  encode(rows: RowBatch): OutputSetChange {
    const { number: chain } = this.#context;
    for (const { id, account, output } of this.#spent) {
      if (account.row === undefined) throw missingRow(`the row of account ${account.text}, which has outputs`);
      delOutput(chain, Buffer.from(id, "latin1"), account, output, rows);
    }
    const made: [string, StoredOutput][] = [];
    for (const [id, { account, slot, amount, height, index, coinbase }] of this.#made) {
      const stored = { account: account.text, asset: slot.number, amount, height, index, coinbase };
      putOutput(chain, Buffer.from(id, "latin1"), account, stored, rows);
      made.push([id, stored]);
    }
    return { spent: this.#spends.keys(), made };
  }
}

/** Puts the two rows of an unspent output. */
export function putOutput(
  chain: number,
  id: Uint8Array,
  account: WorkingAccount,
  output: Omit<StoredOutput, "account">,
  rows: RowBatch,
): void {
  account.key ??= textKey(chain, "account", account.text);
  scratch.reset();
  writeOutput(output, scratch);
  scratch.raw(packedText(account.key));
  rows.outputs.put(outputKey(chain, id), scratch.finish());
  scratch.reset();
  writeAccountOutput(output, scratch);
  scratch.raw(id.subarray(0, idLength(id)));
  rows.accountOutputs.put(accountOutputKeyOf(chain, id, account, output), scratch.finish());
}

/** Deletes the two rows of an unspent output. */
export function delOutput(chain: number, id: Uint8Array, account: WorkingAccount, place: Place, rows: RowBatch): void {
  rows.outputs.del(outputKey(chain, id));
  rows.accountOutputs.del(accountOutputKeyOf(chain, id, account, place));
}

type Place = Pick<StoredOutput, "height" | "index">;

function accountOutputKeyOf(chain: number, id: Uint8Array, account: WorkingAccount, { height, index }: Place): Buffer {
  const position = new ByteReader(id.subarray(idLength(id))).varint();
  return accountOutputKey(chain, account.number, height, index, position);
}

function textOfId(id: string): string {
  return unpackOutputId(new ByteReader(Buffer.from(id, "latin1")));
}
