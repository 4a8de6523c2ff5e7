import bs58 from "bs58";
import { describe, expect, it } from "vitest";
import type { BalanceQuery, ChainNode } from "../../../../../src/core/contracts/plugin.ts";
import { failureOf } from "../../../../support/failure-of.ts";
import { ScriptedRpcError } from "../../../../support/scripted-node.ts";
import { JsonText, openSolanaNode } from "../../../../support/solana-node.ts";
import { slotHash } from "../../../../support/solana-slots.ts";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const NATIVE = "slip44:501";
const U64_MAX = 2n ** 64n - 1n;
const ALICE = slotHash(1);
const BOB = slotHash(2);
const MINTS = Array.from({ length: 6 }, (_, i) => slotHash(100 + i));
const [MINT, OTHER] = MINTS as [string, string];

const coin = (account: string): BalanceQuery => ({ account, asset: NATIVE });
const token = (account: string, mint: string): BalanceQuery => ({ account, asset: `token:${mint}` });

const at = (slot: number, value: unknown) => ({ context: { slot, apiVersion: "2.3.4" }, value });

/** The first bytes of a token account, as nodes slice them. */
function held(owner: string, mint: string, amount: bigint, program = TOKEN, address = slotHash(Number(amount % 997n))) {
  const bytes = Buffer.alloc(72);
  bytes.set(bs58.decode(mint), 0);
  bytes.set(bs58.decode(owner), 32);
  bytes.writeBigUInt64LE(amount, 64);
  return {
    pubkey: address,
    account: { owner: program, data: [bytes.toString("base64"), "base64"], lamports: 2_039_280, executable: false },
  };
}

const refuse = (code: number, message: string) => {
  throw new ScriptedRpcError({ code, message });
};

const read = (node: ChainNode, queries: readonly BalanceQuery[], notBefore = 50) =>
  node.readRecentBalances?.(queries, notBefore) ?? Promise.reject(new Error("it reads none"));

describe("lamports", () => {
  it("are exact to the last of a u64, and 0 for an account of which the node says null", async () => {
    const { node, server } = await openSolanaNode({
      getMultipleAccounts: () =>
        new JsonText(
          `{"context":{"slot":51},"value":[{"lamports":${U64_MAX},"data":["","base64"],"owner":"${TOKEN}","rentEpoch":${U64_MAX}},null,` +
            `{"lamports":9007199254740993,"data":["","base64"],"owner":"${TOKEN}","rentEpoch":${U64_MAX}}]}`,
        ),
    });
    expect(await read(node, [coin(ALICE), coin(BOB), coin(MINT)])).toEqual([
      { height: 51, amount: U64_MAX },
      { height: 51, amount: 0n },
      { height: 51, amount: 9_007_199_254_740_993n },
    ]);
    expect(server.requests[0]?.calls[0]?.params).toEqual([
      [ALICE, BOB, MINT],
      { encoding: "base64", dataSlice: { offset: 0, length: 0 }, commitment: "confirmed", minContextSlot: 50 },
    ]);
  });

  it("are asked for by the hundred, each at the slot of its own answer", async () => {
    let slot = 60;
    const { node, server } = await openSolanaNode({
      getMultipleAccounts: (keys: string[]) =>
        at(
          slot++,
          keys.map(() => ({ lamports: 7 })),
        ),
    });
    const told = await read(
      node,
      Array.from({ length: 250 }, (_, i) => coin(slotHash(i))),
    );
    expect(new Set(told.map(({ height }) => height))).toEqual(new Set([60, 61, 62]));
    const sizes = server.requests.flatMap(({ calls }) => calls.map(({ params }) => (params[0] as string[]).length));
    expect(sizes).toEqual([100, 100, 50]);
  });

  it.each([[{ lamports: -1 }], [{ lamports: "5" }], [{ lamports: 1.5 }], [{}], [7], ["null"], [undefined]])(
    "are refused in another form: %j",
    async (account) => {
      const { node } = await openSolanaNode({
        getMultipleAccounts: () => at(50, account === undefined ? [] : [account]),
      });
      expect((await failureOf(read(node, [coin(ALICE)]))).code).toBe("node-bad-response");
    },
  );
});

describe("a node's state", () => {
  it("is refused where it is older than asked", async () => {
    const { node } = await openSolanaNode({ getMultipleAccounts: () => at(49, [null]) });
    const { code, details } = await failureOf(read(node, [coin(ALICE)]));
    expect([code, details]).toEqual(["node-wrong-block", expect.objectContaining({ slot: 49, notBefore: 50 })]);
  });

  it("is missing where the node has not come so far", async () => {
    const { node } = await openSolanaNode({
      getMultipleAccounts: () => refuse(-32016, "Minimum context slot has not been reached"),
    });
    expect((await failureOf(read(node, [coin(ALICE)]))).code).toBe("node-block-missing");
  });

  it.each([
    [{ value: [null] }],
    [{ context: {}, value: [null] }],
    [{ context: { slot: "50" }, value: [null] }],
    [null],
  ])("is refused without a slot: %j", async (answer) => {
    const { node } = await openSolanaNode({ getMultipleAccounts: () => answer });
    expect((await failureOf(read(node, [coin(ALICE)]))).code).toBe("node-bad-response");
  });
});

describe("tokens", () => {
  it("are what all token accounts of an owner hold of the mint, from their bytes", async () => {
    const { node, server } = await openSolanaNode({
      getTokenAccountsByOwner: (owner: string, { mint }: { mint: string }) =>
        at(
          mint === MINT ? 52 : 53,
          mint === MINT
            ? [held(owner, mint, U64_MAX - 9n), held(owner, mint, 0n), held(owner, mint, 9n)]
            : [held(owner, mint, 5n, TOKEN_2022)],
        ),
    });
    expect(await read(node, [token(ALICE, MINT), token(ALICE, OTHER)])).toEqual([
      { height: 52, amount: U64_MAX },
      { height: 53, amount: 5n },
    ]);
    expect(server.requests[0]?.calls[0]?.params).toEqual([
      ALICE,
      { mint: MINT },
      { encoding: "base64", dataSlice: { offset: 0, length: 72 }, commitment: "confirmed", minContextSlot: 50 },
    ]);
  });

  it("are 0 where an owner has no account of a mint, and null where there is no such mint", async () => {
    const { node } = await openSolanaNode({
      getTokenAccountsByOwner: (_: string, { mint }: { mint: string }) =>
        mint === MINT ? at(55, []) : refuse(-32602, "Invalid param: could not find mint"),
    });
    expect(await read(node, [token(ALICE, MINT), token(ALICE, OTHER)])).toEqual([
      { height: 55, amount: 0n },
      { height: 50, amount: null },
    ]);
  });

  it("of many mints are asked for by program, and by mint where nothing of one is held", async () => {
    const { node, server } = await openSolanaNode({
      getTokenAccountsByOwner: (owner: string, { mint, programId }: { mint?: string; programId?: string }) => {
        if (mint !== undefined) return at(59, []);
        if (programId === TOKEN_2022) return at(58, [held(owner, OTHER, 8n, TOKEN_2022)]);
        return at(57, [held(owner, MINT, 3n), held(owner, MINT, 4n), held(owner, slotHash(900), 1n)]);
      },
    });
    expect(
      await read(
        node,
        MINTS.map((mint) => token(ALICE, mint)),
      ),
    ).toEqual([
      { height: 57, amount: 7n },
      { height: 58, amount: 8n },
      ...MINTS.slice(2).map(() => ({ height: 59, amount: 0n })),
    ]);
    expect(server.requests.map(({ calls }) => calls.length)).toEqual([2, 4]);
  });

  it("and lamports of several owners come in one batch, in the order asked", async () => {
    const { node, server } = await openSolanaNode({
      getMultipleAccounts: (keys: string[]) =>
        at(
          51,
          keys.map((key) => ({ lamports: key === ALICE ? 1 : 2 })),
        ),
      getTokenAccountsByOwner: (owner: string, { mint }: { mint: string }) =>
        at(51, [held(owner, mint, owner === ALICE ? 3n : 4n)]),
    });
    const told = await read(node, [token(BOB, MINT), coin(ALICE), coin(BOB), token(ALICE, MINT), token(BOB, MINT)]);
    expect(told.map(({ amount }) => amount)).toEqual([4n, 1n, 2n, 3n, 4n]);
    expect(server.methods).toEqual(["getMultipleAccounts+getTokenAccountsByOwner+getTokenAccountsByOwner"]);
  });

  const wrong: readonly [string, (owner: string) => unknown][] = [
    ["of another owner", () => held(BOB, MINT, 1n)],
    ["of another mint", (owner) => held(owner, OTHER, 1n)],
    ["of another program", (owner) => held(owner, MINT, 1n, "11111111111111111111111111111111")],
    ["cut short", (owner) => ({ ...held(owner, MINT, 1n), account: { owner: TOKEN, data: ["AAAA", "base64"] } })],
    ["in base58", (owner) => ({ ...held(owner, MINT, 1n), account: { owner: TOKEN, data: "3yZe7d" } })],
    ["without an address", (owner) => ({ ...held(owner, MINT, 1n), pubkey: undefined })],
  ];
  it.each(wrong)("are refused where an account is %s", async (_, entry) => {
    const { node } = await openSolanaNode({ getTokenAccountsByOwner: (owner: string) => at(50, [entry(owner)]) });
    expect((await failureOf(read(node, [token(ALICE, MINT)]))).code).toBe("node-bad-response");
  });

  it("are refused where an account is told twice, or they hold more than a mint can have", async () => {
    const twice = await openSolanaNode({
      getTokenAccountsByOwner: (owner: string) => at(50, [held(owner, MINT, 1n), held(owner, MINT, 1n)]),
    });
    expect((await failureOf(read(twice.node, [token(ALICE, MINT)]))).code).toBe("node-bad-response");
    const more = await openSolanaNode({
      getTokenAccountsByOwner: (owner: string) => at(50, [held(owner, MINT, U64_MAX), held(owner, MINT, 1n)]),
    });
    expect((await failureOf(read(more.node, [token(ALICE, MINT)]))).code).toBe("node-bad-response");
  });

  it("fail where the node leaves an owner out of its index", async () => {
    const { node } = await openSolanaNode({
      getTokenAccountsByOwner: () =>
        refuse(-32010, "owner excluded from account secondary indexes; this RPC method unavailable for key"),
    });
    expect((await failureOf(read(node, [token(ALICE, MINT)]))).code).toBe("node-method-unsupported");
  });
});
