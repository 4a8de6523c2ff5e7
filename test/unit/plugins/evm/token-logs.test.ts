import { AbiCoder, Interface, id, zeroPadValue } from "ethers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Movement } from "../../../../src/core/model.ts";
import type { RpcLog } from "../../../../src/plugins/evm/raw.ts";
import { appendTokenMovements } from "../../../../src/plugins/evm/transfers.ts";
import { ACCOUNTS } from "../../../support/evm-block.ts";
import { sumMovements } from "../../../support/ledger-sums.ts";

const { sender: from, target: to, other: operator, miner: contract } = ACCOUNTS;
const ZERO = `0x${"0".repeat(40)}`;
const MAX = 2n ** 256n - 1n;
const erc1155 = new Interface([
  "event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
  "event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
]);
const erc20 = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
const erc721 = new Interface(["event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)"]);
const weth = new Interface([
  "event Deposit(address indexed dst, uint256 wad)",
  "event Withdrawal(address indexed src, uint256 wad)",
]);

function log(abi: Interface, event: string, values: readonly unknown[]): RpcLog {
  const { topics, data } = abi.encodeEventLog(event, [...values]);
  return { address: contract, topics, data, logIndex: "0x0" };
}

function movementsOf(entry: RpcLog, wrappers: readonly string[] = []): Movement[] {
  const movements: Movement[] = [];
  appendTokenMovements(movements, [entry], new Set(wrappers));
  return movements;
}

function briefly(entry: RpcLog, wrappers?: readonly string[]) {
  return movementsOf(entry, wrappers).map(({ kind, account, asset, delta }) => [kind, account, asset, delta]);
}

describe("token logs", () => {
  test("an ERC-20 transfer, mint and burn", () => {
    const asset = `erc20:${contract}`;
    expect(briefly(log(erc20, "Transfer", [from, to, MAX]))).toEqual([
      ["transfer", from, asset, -MAX],
      ["transfer", to, asset, MAX],
    ]);
    expect(briefly(log(erc20, "Transfer", [ZERO, to, 5]))).toEqual([["mint", to, asset, 5n]]);
    expect(briefly(log(erc20, "Transfer", [from, ZERO, 5]))).toEqual([["burn", from, asset, -5n]]);
    expect(briefly(log(erc20, "Transfer", [ZERO, ZERO, 5]))).toEqual([]);
    expect(briefly(log(erc20, "Transfer", [from, to, 0]))).toEqual([]);
  });

  test("an ERC-721 transfer moves one of its token", () => {
    expect(briefly(log(erc721, "Transfer", [from, to, MAX]))).toEqual([
      ["transfer", from, `erc721:${contract}/${MAX}`, -1n],
      ["transfer", to, `erc721:${contract}/${MAX}`, 1n],
    ]);
    expect(briefly(log(erc721, "Transfer", [ZERO, to, 0]))).toEqual([["mint", to, `erc721:${contract}/0`, 1n]]);
  });

  test("ERC-1155 transfers, one and many", () => {
    expect(briefly(log(erc1155, "TransferSingle", [operator, from, to, 7, 9]))).toEqual([
      ["transfer", from, `erc1155:${contract}/7`, -9n],
      ["transfer", to, `erc1155:${contract}/7`, 9n],
    ]);
    expect(briefly(log(erc1155, "TransferBatch", [operator, ZERO, to, [1, 2, 3], [4, 0, 6]]))).toEqual([
      ["mint", to, `erc1155:${contract}/1`, 4n],
      ["mint", to, `erc1155:${contract}/3`, 6n],
    ]);
    expect(briefly(log(erc1155, "TransferBatch", [operator, from, to, [], []]))).toEqual([]);
  });

  test("wrapping tells by its own events, at known wrappers only", () => {
    const asset = `erc20:${contract}`;
    expect(briefly(log(weth, "Deposit", [to, 5]), [contract])).toEqual([["mint", to, asset, 5n]]);
    expect(briefly(log(weth, "Withdrawal", [from, 5]), [contract])).toEqual([["burn", from, asset, -5n]]);
    expect(briefly(log(weth, "Deposit", [to, 0]), [contract])).toEqual([]);
    expect(briefly(log(weth, "Deposit", [to, 5]))).toEqual([]);
    expect(briefly(log(erc20, "Transfer", [from, to, 5]), [contract])).toHaveLength(2);
  });
});

describe("logs that only look like transfers are left out", () => {
  const single = log(erc1155, "TransferSingle", [operator, from, to, 7, 9]);
  const batch = log(erc1155, "TransferBatch", [operator, from, to, [1, 2], [3, 4]]);
  const coin = log(erc20, "Transfer", [from, to, 5]);
  const art = log(erc721, "Transfer", [from, to, 5]);
  const wrap = log(weth, "Deposit", [to, 5]);
  const dirty = `0x01${zeroPadValue(from, 32).slice(4)}`;
  const abi = (ids: bigint, values: bigint, ...words: bigint[]) =>
    AbiCoder.defaultAbiCoder().encode(["uint256", "uint256", ...words.map(() => "uint256")], [ids, values, ...words]);

  test.each<[string, RpcLog, Partial<RpcLog>]>([
    ["no topics", coin, { topics: [] }],
    ["indexed nothing", coin, { topics: coin.topics.slice(0, 1) }],
    ["indexed one", coin, { topics: coin.topics.slice(0, 2) }],
    ["no data", coin, { data: "0x" }],
    ["short data", coin, { data: coin.data.slice(0, -2) }],
    ["long data", coin, { data: `${coin.data}00` }],
    ["a sender that is no address", coin, { topics: [coin.topics[0] as string, dirty, coin.topics[2] as string] }],
    ["a recipient that is no address", art, { topics: [...art.topics.slice(0, 2), dirty, art.topics[3] as string] }],
    ["a token with data", art, { data: "0x00" }],
    ["one without an operator", single, { topics: single.topics.slice(0, 3) }],
    ["one with a word too many", single, { data: `${single.data}${"0".repeat(64)}` }],
    ["one with a word too few", single, { data: single.data.slice(0, -64) }],
    ["many without an operator", batch, { topics: batch.topics.slice(0, 3) }],
    ["many without data", batch, { data: "0x" }],
    ["many with one word", batch, { data: `0x${"0".repeat(64)}` }],
    ["many with more ids than values", batch, { data: abi(64n, 160n, 2n, 1n, 2n, 1n, 5n) }],
    ["many with an absurd length", batch, { data: abi(64n, 64n, MAX, 1n) }],
    ["many with a length just beyond the data", batch, { data: abi(64n, 64n, 2n, 1n) }],
    ["many with an offset out of the data", batch, { data: abi(MAX, MAX, 1n, 1n) }],
    ["many with an offset just out of the data", batch, { data: abi(128n, 128n, 1n, 1n) }],
    ["many with an offset between words", batch, { data: abi(65n, 65n, 1n, 1n) }],
    ["wrapping by a stranger's form", wrap, { topics: [...wrap.topics, wrap.topics[1] as string] }],
    ["wrapping of no word", wrap, { data: "0x" }],
  ])("%s", (_, good, changes) => {
    expect(movementsOf(good, [contract]).length).toBeGreaterThan(0);
    expect(movementsOf({ ...good, ...changes }, [contract])).toEqual([]);
  });

  test("a batch whose arrays stand apart and in another order is read", () => {
    const data = abi(160n, 64n, 1n, 9n, 0n, 1n, 7n);
    expect(briefly({ ...batch, data })).toEqual([
      ["transfer", from, `erc1155:${contract}/7`, -9n],
      ["transfer", to, `erc1155:${contract}/7`, 9n],
    ]);
  });
});

const word = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 31n, 32n, 64n, 96n, 128n, 160n, 2n ** 53n, 2n ** 64n, MAX),
  fc.bigInt({ min: 0n, max: MAX }),
);
const hexWord = word.map((value) => value.toString(16).padStart(64, "0"));
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString("hex"));
const signatures = [
  "Transfer(address,address,uint256)",
  "TransferSingle(address,address,address,uint256,uint256)",
  "TransferBatch(address,address,address,uint256[],uint256[])",
  "Deposit(address,uint256)",
  "Withdrawal(address,uint256)",
].map(id);
const addressTopic = fc.constantFrom(from, to, ZERO).map((address) => zeroPadValue(address, 32));
const anyLog: fc.Arbitrary<RpcLog> = fc.record({
  address: fc.constant(contract),
  topics: fc
    .tuple(
      fc.constantFrom(...signatures),
      fc.array(
        fc.oneof(
          addressTopic,
          hexWord.map((digits) => `0x${digits}`),
        ),
        { maxLength: 3 },
      ),
    )
    .map(([signature, topics]) => [signature, ...topics]),
  data: fc
    .tuple(fc.array(hexWord, { maxLength: 8 }), fc.oneof(fc.constant(""), bytes))
    .map(([words, rest]) => `0x${words.join("")}${rest}`),
  logIndex: fc.constant("0x0"),
});

describe("whatever a contract logs", () => {
  test("never throws, moves no more than it has room for, and only in a transfer to and fro", () => {
    fc.assert(
      fc.property(anyLog, (entry) => {
        const movements = movementsOf(entry, [contract]);
        expect(movements.length).toBeLessThanOrEqual(2 * Math.ceil(entry.data.length / 64) + 2);
        for (const { account, delta } of movements) {
          expect(account).toMatch(/^0x[0-9a-f]{40}$/);
          expect(delta).not.toBe(0n);
        }
        const moved = movements.filter(({ kind }) => kind === "transfer");
        for (const asset of new Set(moved.map((movement) => movement.asset))) {
          expect([...sumMovements(moved, asset).values()].reduce((sum, delta) => sum + delta, 0n)).toBe(0n);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a batch reads as an ABI decoder reads it", () => {
    const entries = fc.array(fc.tuple(word, word), { maxLength: 6 });
    fc.assert(
      fc.property(entries, (pairs) => {
        const entry = log(erc1155, "TransferBatch", [
          operator,
          ZERO,
          to,
          pairs.map(([token]) => token),
          pairs.map(([, n]) => n),
        ]);
        const expected = pairs
          .filter(([, n]) => n > 0n)
          .map(([token, n]) => ["mint", to, `erc1155:${contract}/${token}`, n]);
        expect(briefly(entry)).toEqual(expected);
      }),
    );
  });
});
