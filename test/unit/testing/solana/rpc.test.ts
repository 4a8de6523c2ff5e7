import { beforeAll, describe, expect, it } from "vitest";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../../../src/testing/solana/cluster-wire.ts";
import { NodeView } from "../../../../src/testing/solana/node-view.ts";
import { transfer } from "../../../../src/testing/solana/programs/system.ts";
import { SolanaTraffic } from "../../../../src/testing/solana/traffic/traffic.ts";
import { Keypair } from "../../../../src/testing/solana/wire/keypair.ts";
import { signTransaction } from "../../../../src/testing/solana/wire/message.ts";
import { askNode, errorOf } from "../../../support/solana-cluster.ts";

type Signature = { readonly signature: string; readonly slot: number };
type Amounts = { readonly value: readonly { readonly account: { readonly data: unknown } }[] };

const CONFIRMED = { commitment: "confirmed" };

describe("the local cluster's RPC", () => {
  let cluster: SolanaCluster;
  let traffic: SolanaTraffic;
  let wire: ClusterWire;
  let busy: string;

  beforeAll(() => {
    cluster = new SolanaCluster({ finalizedBlocks: 3 });
    wire = new ClusterWire(new NodeView(cluster));
    traffic = new SolanaTraffic(cluster, { seed: 5, wallets: 4 });
    traffic.setUp();
    for (let i = 0; i < 12; i++) {
      traffic.send(8);
      cluster.makeSlot();
    }
    busy = traffic.busyAccount;
  });

  it.each([
    ["no such method", "getNothing", [], -32601, "Method not found"],
    ["a slot that is a text", "getBlock", ["7"], -32602, 'Invalid params: invalid type: string "7", expected u64.'],
    ["no slot", "getBlock", [], -32602, "`params` should have at least 1 argument(s)"],
    ["a key that is too short", "getBalance", ["abc"], -32602, "Invalid param: WrongSize"],
    ["a key with letters that base58 lacks", "getBalance", ["0OIl"], -32602, "Invalid param: Invalid"],
    [
      "a processed block",
      "getBlock",
      [3, { commitment: "processed" }],
      -32602,
      "Method does not support commitment below `confirmed`",
    ],
    ["too wide a range", "getBlocksWithLimit", [0, 500_001], -32602, "Limit too large; max 500000"],
    [
      "bytes that are no transaction",
      "sendTransaction",
      ["AQID", { encoding: "base64" }],
      -32602,
      "failed to deserialize",
    ],
    ["an airdrop without an amount", "requestAirdrop", [Keypair.named("x").address], -32602, "at least 2 argument(s)"],
    ["too many statuses", "getSignatureStatuses", [Array(257).fill("1")], -32602, "Too many inputs provided; max 256"],
    [
      "a limit of 0",
      "getSignaturesForAddress",
      [Keypair.named("x").address, { limit: 0 }],
      -32602,
      "Invalid limit; max 1000",
    ],
  ])("refuses %s", async (_, method, params, code, message) => {
    const error = await errorOf(wire, method, ...params);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("answers a batch in its order, and what is no JSON", async () => {
    const calls = ["getHealth", "getNothing", "getSlot"].map((method, id) => ({ jsonrpc: "2.0", id, method }));
    const answers = JSON.parse(await post(JSON.stringify(calls))) as { id: number; result?: unknown }[];
    expect(answers.map(({ id, result }) => [id, typeof result])).toEqual([
      [0, "string"],
      [1, "undefined"],
      [2, "number"],
    ]);
    expect(await post("{")).toBe('{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}');
  });

  it("wants to be told which version the caller understands", async () => {
    const { tip } = cluster;
    const slots = await askNode<number[]>(wire, "getBlocks", 6, tip.slot, CONFIRMED);
    const errors = await Promise.all(slots.map((slot) => errorOf(wire, "getBlock", slot, CONFIRMED)));
    expect(errors).toContainEqual({
      code: -32015,
      message: expect.stringContaining('"maxSupportedTransactionVersion": 0'),
    });
    const config = { ...CONFIRMED, maxSupportedTransactionVersion: 0, transactionDetails: "accounts" };
    const blocks = await Promise.all(slots.map((slot) => askNode<BlockJson>(wire, "getBlock", slot, config)));
    const looked = blocks.flatMap(({ transactions }) => transactions).find(({ version }) => version === 0);
    expect(looked?.transaction.accountKeys.map(({ source }) => source)).toContain("lookupTable");
    expect(looked?.meta).not.toHaveProperty("logMessages");
  });

  it("lists an address's signatures newest first, page by page, with neither gap nor repeat", async () => {
    const list = (config: object) =>
      askNode<Signature[]>(wire, "getSignaturesForAddress", busy, { ...CONFIRMED, ...config });
    const all = await list({});
    expect(all.length).toBeGreaterThan(15);
    expect(all.map(({ slot }) => slot)).toEqual(all.map(({ slot }) => slot).sort((a, b) => b - a));
    const paged: Signature[] = [];
    for (let before: string | undefined; ; ) {
      const page = await list({ limit: 4, ...(before && { before }) });
      if (page.length === 0) break;
      paged.push(...page);
      before = page.at(-1)?.signature;
    }
    expect(paged).toEqual(all);
    expect(await list({ until: all[5]?.signature })).toEqual(all.slice(0, 5));
    expect(await list({ before: "1".repeat(64) })).toEqual([]);
    // The faucet's last one is the last of its block.
    const foreign = await askNode<Signature[]>(wire, "getSignaturesForAddress", cluster.faucet.address, CONFIRMED);
    expect(await list({ before: foreign[0]?.signature })).toEqual(
      all.filter(({ slot }) => slot <= (foreign[0]?.slot ?? 0)),
    );
  });

  it("tells tokens by owner, mint, account and supply alike", async () => {
    const [mint] = traffic.mints;
    const parsed = { ...CONFIRMED, encoding: "jsonParsed" };
    const accounts = await askNode<Amounts>(wire, "getTokenAccountsByOwner", busy, { mint: mint?.address }, parsed);
    const told = accounts.value.map(({ account }) => account.data) as {
      parsed: { info: { tokenAmount: { amount: string } } };
    }[];
    const { programs, pubkeys } = await tokensOf(busy);
    expect(programs.size).toBe(2);
    const [first] = pubkeys;
    const balance = await askNode<{ value: { amount: string } }>(wire, "getTokenAccountBalance", first, CONFIRMED);
    expect(told.map(({ parsed: { info } }) => info.tokenAmount.amount)).toContain(balance.value.amount);
    const supply = await askNode<{ value: object }>(wire, "getTokenSupply", mint?.address, CONFIRMED);
    expect(supply.value).toMatchObject({ decimals: 6, uiAmountString: expect.stringMatching(/^\d+(\.\d+)?$/) });
  });

  async function tokensOf(owner: string) {
    const programs = new Set<string>();
    const pubkeys: string[] = [];
    for (const programId of new Set(traffic.mints.map(({ program }) => program))) {
      const config = { ...CONFIRMED, encoding: "base64" };
      type Listed = { value: { pubkey: string; account: { owner: string } }[] };
      const { value } = await askNode<Listed>(wire, "getTokenAccountsByOwner", owner, { programId }, config);
      for (const { pubkey, account } of value) {
        programs.add(account.owner);
        pubkeys.push(pubkey);
      }
    }
    return { programs, pubkeys };
  }

  it("tells what a message would cost, and whether its blockhash is still good", async () => {
    const payer = traffic.wallets[1] as Keypair;
    const draft = { payer, instructions: [transfer(payer.address, busy, 5n)], blockhash: cluster.tip.blockhash };
    const message = Buffer.from(signTransaction(draft).wire.subarray(65)).toString("base64");
    const at = { commitment: "processed" };
    expect(await askNode(wire, "getFeeForMessage", message, at)).toMatchObject({ value: 5_000 });
    expect(await askNode(wire, "isBlockhashValid", cluster.tip.blockhash, at)).toMatchObject({ value: true });
    expect(await askNode(wire, "isBlockhashValid", Keypair.named("x").address, at)).toMatchObject({ value: false });
  });

  it("checks signatures before it takes a transaction", async () => {
    const payer = traffic.wallets[1] as Keypair;
    const draft = { payer, instructions: [transfer(payer.address, busy, 5n)], blockhash: cluster.tip.blockhash };
    const bytes = Buffer.from(signTransaction(draft).wire);
    bytes[3] = (bytes[3] as number) ^ 1;
    const send = [bytes.toString("base64"), { encoding: "base64", preflightCommitment: "processed" }];
    expect(await errorOf(wire, "sendTransaction", ...send)).toEqual({
      code: -32003,
      message: "Transaction signature verification failure",
    });
  });

  it("does not take an old blockhash, and tells a repeat", async () => {
    const own = new SolanaCluster({ votes: false });
    const node = new ClusterWire(new NodeView(own));
    const { wire: bytes } = own.signAirdrop(busy, 1_000_000_000n);
    const send = [
      Buffer.from(bytes).toString("base64"),
      { encoding: "base64", preflightCommitment: "processed" },
    ] as const;
    await askNode(node, "sendTransaction", ...send);
    own.makeSlot();
    expect(await errorOf(node, "sendTransaction", ...send)).toMatchObject({
      code: -32002,
      message: "Transaction simulation failed: This transaction has already been processed",
      data: { err: "AlreadyProcessed" },
    });
    const { wire: late } = own.signAirdrop(busy, 1_000_000_000n);
    own.makeSlots(151);
    const sendLate = [Buffer.from(late).toString("base64"), send[1]];
    expect(await errorOf(node, "sendTransaction", ...sendLate)).toMatchObject({
      code: -32002,
      message: "Transaction simulation failed: Blockhash not found",
    });
  });

  async function post(body: string): Promise<string> {
    return Buffer.from((await wire.post({ body, timeoutMs: 1_000 })).body).toString("utf8");
  }
});

type BlockJson = {
  readonly transactions: readonly {
    readonly version: unknown;
    readonly transaction: { readonly accountKeys: readonly { readonly source: string }[] };
    readonly meta: object;
  }[];
};
