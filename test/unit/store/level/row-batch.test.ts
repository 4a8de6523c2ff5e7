import { expect, test } from "vitest";
import { RowBatch } from "../../../../src/store/level/row-batch.ts";
import { openMemoryStore } from "./memory-store.ts";

test("a batch writes every row, sorted or not, and the last word on a key counts", async () => {
  const { database } = await openMemoryStore();
  const rows = new RowBatch();
  const key = (n: number) => Buffer.from([0, 9, 65, 1, n >>> 8, n & 0xff, 0, 0, n % 3]);
  for (let i = 999; i >= 0; i--) rows.accounts.put(key(i), Buffer.from(`first ${i}`));
  for (let i = 0; i < 1000; i += 2) rows.accounts.put(key(i), Buffer.from(`second ${i}`));
  for (let i = 0; i < 1000; i += 5) rows.accounts.del(key(i));
  const short = Buffer.from([0, 9, 65, 0]);
  rows.accounts.put(short, Buffer.from("short"));
  rows.put(Buffer.from([0, 9, 66]), Buffer.from("other"));
  await rows.write(database, false);
  for (let i = 0; i < 1000; i++) {
    const value = await database.get(key(i));
    const expected = i % 5 === 0 ? undefined : i % 2 === 0 ? `second ${i}` : `first ${i}`;
    expect(value && Buffer.from(value).toString(), String(i)).toBe(expected);
  }
  expect(Buffer.from((await database.get(short)) as Uint8Array).toString()).toBe("short");
});

test("rows are handed over in the order of their keys", async () => {
  const { database } = await openMemoryStore();
  const order: number[] = [];
  const rows = new RowBatch();
  const numbers = [7, 2_000_000_000, 1, 4_000_000_000, 65_536, 255, 256];
  for (const n of numbers) {
    const key = Buffer.from([0, 9, 86, 0, 0, 0, 0, 0]);
    key.writeUInt32BE(n, 4);
    rows.balances.put(key, Buffer.alloc(0));
  }
  const batch = database.batch();
  const spying = {
    put: (key: Uint8Array) => order.push(Buffer.from(key).readUInt32BE(4)),
    del: () => undefined,
    write: () => batch.close(),
    close: () => batch.close(),
  };
  await rows.write({ ...asDatabase(database), batch: () => spying }, false);
  expect(order).toEqual([...numbers].sort((a, b) => a - b));
});

test("a batch that cannot be written is a store error", async () => {
  const { database } = await openMemoryStore();
  await database.close();
  const rows = new RowBatch();
  rows.put(Buffer.from([1]), Buffer.from([1]));
  await expect(rows.write(database, false)).rejects.toMatchObject({ code: "store-closed" });
});

function asDatabase(database: Awaited<ReturnType<typeof openMemoryStore>>["database"]) {
  return {
    open: () => database.open(),
    close: () => database.close(),
    getSync: () => undefined,
    getMany: async () => [],
    iterator: () => database.iterator(),
    snapshot: () => database.snapshot(),
  };
}
