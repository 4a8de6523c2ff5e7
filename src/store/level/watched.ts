import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import type { WatchedAccount } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Account } from "../../core/model.ts";
import { expectEnd } from "./account-row.ts";
import { corruptRow } from "./database.ts";
import { keyText, tableRange, textKey, watchedSinceKey, watchedSinceText } from "./keys.ts";
import type { RowReader } from "./reader.ts";

const scratch = new ByteWriter(32);

export function encodeWatched({ since, at }: Omit<WatchedAccount, "account">): Buffer {
  scratch.reset();
  // An account that is watched before the chain's first block is so since -1.
  scratch.varint(since + 1);
  scratch.varint(at);
  return scratch.finish();
}

/** @throws HeadwaterError `store-corrupt` */
function decodeWatched(account: Account, bytes: Uint8Array): WatchedAccount {
  try {
    const reader = new ByteReader(bytes);
    const since = reader.varint() - 1;
    const row = { account, since, at: reader.varint() };
    expectEnd(reader);
    return row;
  } catch (error) {
    throw corruptRow(`the registration of account ${account}`, error);
  }
}

export function readWatched(reader: RowReader, chain: number, account: Account): WatchedAccount | undefined {
  const value = reader.get(textKey(chain, "watched", account));
  return value && decodeWatched(account, value);
}

/** In the order of the rows. */
export async function* walkWatched(reader: RowReader, chain: number): AsyncGenerator<WatchedAccount> {
  for await (const [key, value] of reader.walk(tableRange(chain, "watched"))) yield decodeWatched(keyText(key), value);
}

/** Accounts that are watched since a height above this one, the newest first. */
export async function* walkWatchedAbove(reader: RowReader, chain: number, height: number): AsyncGenerator<Account> {
  const range = { gte: tableRange(chain, "watchedSince").gte, lt: watchedSinceKey(chain, height) };
  for await (const [key] of reader.walk(range)) yield watchedSinceText(key);
}

/** Since which heights some accounts are watched. */
export class Since {
  readonly #heights = new Map<Account, number>();

  constructor(watched: Iterable<WatchedAccount>) {
    for (const { account, since } of watched) this.#heights.set(account, since);
  }

  /** Whether what a block at this height does to the account is kept. */
  covers(account: Account, height: number): boolean {
    const since = this.#heights.get(account);
    return since !== undefined && height > since;
  }
}

/** What is known of some accounts, each read once. @throws HeadwaterError `store-corrupt` */
export async function readSince(reader: RowReader, chain: number, accounts: ReadonlySet<Account>): Promise<Since> {
  const list = [...accounts];
  const values = await reader.getMany(list.map((account) => textKey(chain, "watched", account)));
  return new Since(
    list.flatMap((account, i) => {
      const value = values[i];
      return value === undefined ? [] : [decodeWatched(account, value)];
    }),
  );
}

export function notWatching(chain: string): HeadwaterError {
  return new HeadwaterError("unsupported", `${chain} keeps all accounts: none is registered`, {
    details: { chain, scope: "all" },
  });
}
