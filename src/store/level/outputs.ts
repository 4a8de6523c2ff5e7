import { ByteWriter } from "../../core/bytes.ts";
import type { OutputPage, OutputPlace } from "../../core/contracts/store.ts";
import { packOutputId, splitOutputId } from "../../core/ledger/output-id.ts";
import type { Account, Output, OutputId } from "../../core/model.ts";
import type { AnswerCache } from "./answer-cache.ts";
import type { AssetNumbers } from "./assets.ts";
import { corruptRow } from "./database.ts";
import { accountOutputKey, MAX_INDEX, MAX_NUMBER, numberKey, outputKey, textKey } from "./keys.ts";
import type { OutputCache } from "./output-cache.ts";
import { type AccountOutput, decodeAccountOutput, decodeOutput, nameOutput, type StoredOutput } from "./output-rows.ts";
import type { Row, RowReader } from "./reader.ts";
import { readRow } from "./working-set.ts";

/** What reading outputs needs of a chain. */
export type OutputContext = {
  readonly chain: number;
  readonly assets: AssetNumbers;
  readonly outputs: OutputCache;
  /**
   * Where accounts' lists begin, as found: a lower bound, since blocks only add after it. Before it may stand the marks of
   * many rows deleted, which the database passes one by one until it has merged them away.
   */
  readonly listStarts: AnswerCache<Account, OutputPlace>;
};

/** The state that is read: its version, and the height of its tip. */
export type OutputState = { readonly version: number; readonly tip: number };

const scratch = new ByteWriter(256);

/** The unspent outputs with these ids, in their order. A text that is no id names none. @throws HeadwaterError `store-corrupt` */
export async function readOutputs(
  reader: RowReader,
  { chain, assets, outputs }: OutputContext,
  version: number,
  ids: readonly OutputId[],
): Promise<(Output | undefined)[]> {
  const found: (Output | undefined)[] = new Array(ids.length).fill(undefined);
  const keys: Buffer[] = [];
  const missing: { readonly at: number; readonly packed: string }[] = [];
  for (const [at, id] of ids.entries()) {
    if (splitOutputId(id) === undefined) continue;
    scratch.reset();
    packOutputId(id, scratch);
    const bytes = scratch.finish();
    const packed = bytes.toString("latin1");
    const known = outputs.get(packed, version);
    if (known !== undefined) found[at] = nameOutput(id, known, assets);
    else {
      keys.push(outputKey(chain, bytes));
      missing.push({ at, packed });
    }
  }
  const values = await reader.getMany(keys);
  for (const [i, { at, packed }] of missing.entries()) {
    const value = values[i];
    if (value === undefined) continue;
    const id = ids[at] as OutputId;
    const output = readOutputRow(id, value);
    outputs.set(packed, version, output);
    found[at] = nameOutput(id, output, assets);
  }
  return found;
}

/** A page of an account's unspent outputs, oldest first, strictly after a place. @throws HeadwaterError `store-corrupt` */
export async function readUnspent(
  reader: RowReader,
  { chain, assets, listStarts }: OutputContext,
  { version, tip }: OutputState,
  account: Account,
  after: OutputPlace | undefined,
  limit: number,
): Promise<OutputPage> {
  const value = reader.get(textKey(chain, "account", account));
  if (value === undefined || limit <= 0) return { outputs: [], next: undefined };
  const { number } = readRow(account, value);
  const lte = accountOutputKey(chain, number, MAX_NUMBER, MAX_INDEX, MAX_INDEX);
  const from = after ?? listStarts.get(account, version);
  const gte = from
    ? accountOutputKey(chain, number, from.height, from.index, from.position)
    : numberKey(chain, "accountOutput", number);
  // One more than asked tells whether another page follows, and one is that at `after`, if it is still unspent.
  const rows = (await reader.range({ gte, lte }, limit + 2)).map((row) => readAccountOutput(account, row));
  if (!after) listStarts.set(account, version, rows[0] ?? { height: tip + 1, index: 0, position: 0 });
  const page = rows.filter((row) => !after || comparePlaces(row, after) > 0);
  const last = page.length > limit ? page[limit - 1] : undefined;
  const outputs = page.slice(0, limit).map((row) => {
    const { asset, amount, height, coinbase, transaction, position } = row;
    return { id: `${transaction}:${position}`, account, asset: assets.name(asset), amount, height, coinbase };
  });
  return { outputs, next: last && { height: last.height, index: last.index, position: last.position } };
}

function comparePlaces(a: OutputPlace, b: OutputPlace): number {
  return a.height - b.height || a.index - b.index || a.position - b.position;
}

/** @throws HeadwaterError `store-corrupt` */
export function readOutputRow(id: OutputId, value: Uint8Array): StoredOutput {
  try {
    return decodeOutput(value);
  } catch (error) {
    throw corruptRow(`the output ${id}`, error);
  }
}

/** @throws HeadwaterError `store-corrupt` */
function readAccountOutput(account: Account, [key, value]: Row): AccountOutput {
  try {
    return decodeAccountOutput(key, value);
  } catch (error) {
    throw corruptRow(`an unspent output of account ${account}`, error);
  }
}
