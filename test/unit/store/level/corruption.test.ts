import { describe, expect, test } from "vitest";
import type { ChainLedger, LedgerStore } from "../../../../src/core/contracts/store.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { numberKey, STORE, TABLES, tableKey } from "../../../../src/store/level/keys.ts";
import { createLevelStore } from "../../../../src/store/level/store.ts";
import { parentOfStart, sampleChain, sampleId } from "../../../../src/testing/store/sample-blocks.ts";
import { type MemoryDatabase, openMemoryStore } from "./memory-store.ts";

const terms = { chain: "test:one", profile: "p", startHeight: 5 };
const coin = "slip44:1";

/** A store of four blocks, closed over its database, so that nothing is answered from memory. */
async function filled(): Promise<{ store: LedgerStore; ledger: ChainLedger; database: MemoryDatabase }> {
  const { store, database } = await openMemoryStore();
  const ledger = await store.openChain(terms);
  const many = Array.from({ length: 70 }, (_, i) => ["whale", `n:${i}`, 1n] as const);
  const blocks = sampleChain(parentOfStart(5), [
    {
      transactions: [
        [
          ["ann", coin, -5n],
          ["bob", coin, 5n],
        ],
        many,
      ],
      observations: [["ann", coin, 95n]],
    },
    {
      transactions: [
        [
          ["ann", coin, -6n],
          ["bob", coin, 6n],
        ],
      ],
      observations: [["ann", coin, 1n]],
    },
    {
      transactions: [
        {
          id: "ab".repeat(32),
          makes: [
            ["coiner", coin, 7n],
            ["coiner", coin, 8n],
          ],
          coinbase: true,
        },
        { id: "text", makes: [["coiner", coin, 2n ** 70n]] },
      ],
    },
    {
      transactions: [
        {
          spends: [{ id: "text:0", account: "coiner", asset: coin, amount: 2n ** 70n }],
          makes: [["dan", coin, 2n ** 70n]],
        },
        [
          ["bob", coin, -1n],
          ["ann", coin, 1n],
        ],
      ],
    },
  ]);
  await ledger.commit(blocks);
  await ledger.putAssetInfo([{ asset: coin, info: { symbol: "ONE", decimals: 8 } }]);
  const again = await createLevelStore(database, false);
  return { store: again, ledger: await again.openChain(terms), database };
}

const tables = Object.entries(TABLES);
/** Rows whose absence or damage says nothing about the ledger: names of tokens, evidence, and records about nodes. */
const RECORDS = ["evidence", "cordon", "conflict"];
const UNCHECKED = new Set([
  "output",
  "accountOutput",
  "assetInfo",
  "observed",
  "mismatch",
  "partial",
  "counters",
  "version",
  "chain",
  "watched",
  "watchedSince",
  "unwatched",
  ...RECORDS,
]);

describe("damage", () => {
  for (const [name, tag] of tables) {
    if (UNCHECKED.has(name)) continue;
    test(`verify finds every lost row of ${name}`, async () => {
      const { store, database } = await filled();
      const keys: Uint8Array[] = [];
      for await (const key of database.keys()) if (key[2] === tag) keys.push(key);
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) {
        const value = (await database.get(key)) as Uint8Array;
        await database.del(key);
        const { faults } = await store.verify();
        expect(faults, Buffer.from(key).toString("hex")).not.toEqual([]);
        await database.put(key, value);
      }
      expect((await store.verify()).faults).toEqual([]);
    });

    test(`verify finds every changed byte of ${name}`, async () => {
      const { store, database } = await filled();
      for await (const [key, value] of database.iterator()) {
        // What follows the key in an empty row, and the text of a name's row before the name, mean nothing.
        if (key[2] !== tag || value.length === 0) continue;
        for (let at = 0; at < value.length; at += Math.max(1, Math.floor(value.length / 8))) {
          if (name === "assetName" && at < 3) continue;
          if (isUncheckedByte(name, value, at)) continue;
          const damaged = Buffer.from(value);
          damaged[at] = (damaged[at] as number) ^ 0x15;
          await database.put(key, damaged);
          const { faults } = await store.verify();
          expect(faults, `${Buffer.from(key).toString("hex")} byte ${at}`).not.toEqual([]);
        }
        await database.put(key, value);
      }
    });
  }

  test("verify finds outputs that both tables tell alike, and the transactions do not", async () => {
    const { store, database } = await filled();
    const find = async (tag: number, value: (value: Uint8Array) => boolean) => {
      for await (const row of database.iterator()) if (row[0][2] === tag && value(row[1])) return row;
      throw new Error("there is no such row");
    };
    const [id, byId] = await find(TABLES.output, (value) => value[5] === 7);
    const [place, byAccount] = await find(TABLES.accountOutput, (value) => value[3] === 7);
    expect((await store.verify()).faults).toEqual([]);
    // Another place: the last of the height's five bytes, and the height in the row of the id.
    const moved = Buffer.from(place);
    moved[12] = 8;
    const elsewhere = Buffer.from(byId);
    elsewhere[1] = 8;
    await database.batch().del(place).put(moved, byAccount).put(id, elsewhere).write();
    const faults = (await store.verify()).faults.map(({ where }) => where);
    expect(faults).toContainEqual(expect.stringContaining("made by transaction 0 of block 8"));
    // Gone from both tables.
    await database.batch().del(moved).del(id).write();
    expect((await store.verify()).faults).toMatchObject([{ where: expect.stringContaining("unspent outputs by id") }]);
  });

  test("a damaged row is named, and what else is there can still be read", async () => {
    const { ledger, database } = await filled();
    await database.put(numberKey(1, "block", 6), Buffer.from([6, 1]));
    using view = ledger.view();
    // The view's snapshot is older than the damage: a new one is needed to meet it.
    expect((await view.block(6))?.ref.hash).toBe("6a");
    await ledger.putAssetInfo([{ asset: coin, info: { symbol: "TWO", decimals: 8 } }]);
    using later = ledger.view();
    await expect(later.block(6)).rejects.toMatchObject({
      code: "store-corrupt",
      message: expect.stringContaining("block 6"),
    });
    await expect(later.transaction(sampleId("6a", 0))).rejects.toMatchObject({ code: "store-corrupt" });
    expect((await later.block(7))?.ref.hash).toBe("7a");
    expect((await later.balances("bob"))[0]?.sum).toBe(10n);
  });

  test("a truncated account row is an error, not an empty balance", async () => {
    const { ledger, database } = await filled();
    const rows = [];
    for await (const row of database.iterator()) if (row[0][2] === TABLES.account) rows.push(row);
    for (const [key, value] of rows) await database.put(key, value.subarray(0, value.length - 1));
    await ledger.putAssetInfo([{ asset: coin, info: { symbol: "TWO", decimals: 8 } }]);
    using view = ledger.view();
    for (const account of ["ann", "bob", "whale"]) {
      await expect((async () => await view.balances(account))()).rejects.toMatchObject({
        code: "store-corrupt",
        message: expect.stringContaining(account),
      });
      await expect(view.history(account, undefined, 5)).rejects.toMatchObject({ code: "store-corrupt" });
    }
    const next = sampleChain(ledger.position?.tip as BlockRef, [{ transactions: [[["ann", coin, 1n]]] }]);
    await expect(ledger.commit(next)).rejects.toMatchObject({ code: "store-corrupt" });
  });

  test("a store of a newer layout, and a database of something else, are refused", async () => {
    const { database } = await filled();
    await database.put(tableKey(STORE, "version"), Buffer.from([4]));
    await expect(createLevelStore(database, false)).rejects.toMatchObject({ code: "store-incompatible" });
    await database.del(tableKey(STORE, "version"));
    const refused = createLevelStore(database, false);
    await expect(refused).rejects.toBeInstanceOf(HeadwaterError);
    await expect(refused).rejects.toMatchObject({
      code: "store-incompatible",
      message: expect.stringContaining("not written by"),
    });
  });
});

test.each([1, 2])(
  "a store of layout %i, which had no watched accounts, is read as it is and is of this layout then",
  async (layout) => {
    const { database } = await filled();
    const key = tableKey(STORE, "version");
    await database.put(key, Buffer.from([layout]));
    const store = await createLevelStore(database, false);
    using view = (await store.openChain(terms)).view();
    expect((await view.balances("bob"))[0]?.sum).toBe(10n);
    expect((await store.verify()).faults).toEqual([]);
    expect([...((await database.get(key)) ?? [])]).toEqual([3]);
  },
);

/** Baselines and disputes are told from outside: no other row repeats them. */
function isUncheckedByte(table: string, value: Uint8Array, at: number): boolean {
  if (table === "spilled" || table === "account") return at === value.length - 1 || at <= 4;
  return table === "balance" && at === 0;
}
