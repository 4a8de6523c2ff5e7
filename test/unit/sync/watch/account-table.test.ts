import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { AccountTable } from "../../../../src/sync/watch/account-table.ts";

const account = (i: number) => `0x${i.toString(16).padStart(40, "0")}`;

test("knows every account above its height, and no other", () => {
  const many = 100_000;
  const table = AccountTable.make(many);
  const wrong: number[] = [];
  for (let i = 0; i < many; i++) if (!table.set(account(i), i % 100)) wrong.push(i);
  for (let i = 0; i < many; i++) {
    const above = table.keeps(account(i), (i % 100) + 1);
    const at = table.keeps(account(i), i % 100);
    if (!above || at || table.keeps(account(many + i), 1_000)) wrong.push(i);
  }
  expect(wrong).toEqual([]);
});

test("forgets an account, and takes it back with another height in the same place", () => {
  const table = AccountTable.make(1);
  table.forget("ann");
  expect(table.keeps("ann", 10)).toBe(false);
  expect(table.set("ann", 4)).toBe(true);
  table.forget("ann");
  expect(table.keeps("ann", Number.MAX_SAFE_INTEGER)).toBe(false);
  expect(table.set("ann", 7)).toBe(false);
  expect([table.keeps("ann", 7), table.keeps("ann", 8)]).toEqual([false, true]);
});

test("has room for what it was made for, and takes no more than 48 bytes an account", () => {
  for (const accounts of [0, 1, 1_000, 100_000, 1_000_000]) {
    const table = AccountTable.make(accounts);
    expect(table.room).toBeGreaterThanOrEqual(accounts);
    expect(table.buffer.byteLength).toBeLessThanOrEqual(Math.max(20_000, 48 * accounts + 16));
  }
});

test("hashes with a seed of its own: where accounts stand is not to be foreseen", () => {
  const [one, two] = [AccountTable.make(10), AccountTable.make(10)];
  for (const table of [one, two]) table.set("ann", 1);
  expect(new Uint8Array(one.buffer)).not.toEqual(new Uint8Array(two.buffer));
});

test("is the same memory in another thread: what is set before a message is seen after it", async () => {
  const table = AccountTable.make(10);
  const module = new URL("../../../../src/sync/watch/account-table.ts", import.meta.url).href;
  const code = `
    const { parentPort } = require("node:worker_threads");
    const ready = import(${JSON.stringify(module)});
    let table;
    parentPort.on("message", async (message) => {
      const { AccountTable } = await ready;
      if (message.buffer) table = new AccountTable(message.buffer);
      else parentPort.postMessage(table.keeps(message.account, message.height));
    });`;
  const worker = new Worker(code, { eval: true });
  const ask = (name: string, height: number) =>
    new Promise((resolve) => {
      worker.once("message", resolve);
      worker.postMessage({ account: name, height });
    });
  try {
    worker.postMessage({ buffer: table.buffer });
    expect(await ask("ann", 5)).toBe(false);
    table.set("ann", 4);
    expect(await ask("ann", 5)).toBe(true);
    expect(await ask("ann", 4)).toBe(false);
  } finally {
    await worker.terminate();
  }
});
