import { PublicKey } from "@solana/web3.js";
import { describe, expect, it, test } from "vitest";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import type { NodeProbe } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import plugin from "../../../../src/plugins/solana/index.ts";
import { slotHash } from "../../../support/solana-slots.ts";

const MAINNET = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";
const USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

function open(more: Partial<ChainConfig> = {}, verify: ChainConfig["index"]["verify"] = "full") {
  return plugin.open({
    id: MAINNET,
    plugin: "solana",
    index: { from: "latest", scope: "all", verify },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: [],
    options: {},
    ...more,
  });
}

function failureOf(run: () => unknown): HeadwaterError {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const probe = (...capabilities: string[]): NodeProbe => ({
  chainId: MAINNET,
  syncing: false,
  clientVersion: "solana-core 2.1.0",
  capabilities,
});

test("any cluster is one, by its genesis block; the public ones have names", () => {
  const named = [MAINNET, "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z"];
  expect(named.map((id) => open({ id }).info.name)).toEqual(["Solana", "Solana Devnet", "Solana Testnet"]);
  const own = `solana:${slotHash(0).slice(0, 32)}`;
  expect(open({ id: own }).info).toEqual({
    id: own,
    name: own,
    nativeAsset: "slip44:501",
    nativeInfo: { symbol: "SOL", decimals: 9 },
    expectedIntervalMs: 400,
    finality: { kind: "tags" },
  });
  expect(open({ options: { name: "Ours", expectedIntervalMs: 150 } }).info).toMatchObject({
    name: "Ours",
    expectedIntervalMs: 150,
  });
  for (const id of ["solana:mainnet", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvd0", "eip155:1"]) {
    expect(failureOf(() => open({ id })).code).toBe("config-invalid");
  }
});

test.each([
  { commitment: "finalized" },
  { votes: "yes" },
  { ingestionLagSlots: 0 },
  { finalityDepth: { safe: 1, finalized: 2 } },
])("options %j are refused", (options) => {
  expect(failureOf(() => open({ options })).code).toBe("config-invalid");
});

describe("accounts", () => {
  const chain = open();
  const derived = PublicKey.findProgramAddressSync([Buffer.from("vault")], new PublicKey(USDC))[0].toBase58();

  it.each([USDC, "11111111111111111111111111111111", derived])("%s is one, in its one form", (text) => {
    expect(chain.parseAccount(text)).toBe(text);
    expect(chain.formatAccount(text)).toBe(text);
  });

  it.each([
    ["", "it is empty"],
    [`${USDC.slice(0, -1)}0`, 'character 44, "0", is not of base58'],
    [` ${USDC}`, 'character 1, " ", is not of base58'],
    [`1${USDC}`, "it is 33 bytes of base58 rather than 32"],
    [USDC.slice(0, 20), "it is 15 bytes of base58 rather than 32"],
    ["0x6b175474e89094c44da98b954eedeac495271d0f", 'character 1, "0", is not of base58'],
    ["z".repeat(128), "it is longer than 32 bytes"],
  ])("%j is none, and the error says why", (text, why) => {
    const failure = failureOf(() => chain.parseAccount(text));
    expect(failure.code).toBe("invalid-account");
    expect(failure.message).toContain(why);
  });
});

describe("assets", () => {
  const chain = open();

  it("are the native coin and tokens by mint", () => {
    expect(chain.parseAsset("SLIP44:501")).toBe("slip44:501");
    expect(chain.parseAsset(`token:${USDC}`)).toBe(`token:${USDC}`);
  });

  it.each([
    ["slip44:60", "assets are slip44:501 and token:<mint>"],
    [`nft:${USDC}`, "assets are slip44:501 and token:<mint>"],
    [`Token:${USDC}`, "assets are slip44:501 and token:<mint>"],
    [`token:${USDC}1`, "the mint is no public key: it is 33 bytes of base58 rather than 32"],
    ["token:", "the mint is no public key: it is empty"],
  ])("%j is none, and the error says why", (text, why) => {
    const failure = failureOf(() => chain.parseAsset(text));
    expect(failure.code).toBe("invalid-asset");
    expect(failure.message).toContain(why);
  });

  it("are complete, and none is known to begin at nothing", () => {
    for (const asset of ["slip44:501", `token:${USDC}`]) {
      expect(chain.completeness(asset, "solana/1")).toBe("complete");
      expect(chain.startsAtZero(asset)).toBe(false);
    }
  });
});

test("hashes are those of blocks and the signatures of transactions", () => {
  const signature = "5h6xBEauJ3PK6SWCZ1PGjBvj8vDdWG3KpwATGy1ARAXFSDwt8GFXM7W5Ncn16wmqokgpiKRLuS83KUxyZyv2sUYv";
  const chain = open();
  expect([slotHash(5), signature].map((text) => chain.parseHash(text))).toEqual([slotHash(5), signature]);
  for (const text of ["", "latest", `${slotHash(5)}1`, signature.slice(5), "I".repeat(44), "1".repeat(1000)]) {
    expect(chain.parseHash(text)).toBeUndefined();
  }
});

describe("the profile", () => {
  it.each([
    ["full", false, "solana/1"],
    ["full", true, "solana/1+votes"],
    ["headers", false, "solana/1+accounts"],
    ["off", true, "solana/1+votes"],
  ] as const)("of verify %s with votes %s is %s", (verify, votes, profile) => {
    const chain = open({ options: { votes } }, verify);
    expect(chain.selectProfile([probe()])).toBe(profile);
    expect(chain.canServe(profile, probe())).toBe(true);
  });

  it("stays what it was, but for votes, which the options decide", () => {
    expect(open({}, "headers").selectProfile([probe()], "solana/1")).toBe("solana/1");
    expect(open().selectProfile([probe()], "solana/1+accounts")).toBe("solana/1+accounts");
    expect(open().selectProfile([probe()], "solana/1+votes")).toBe("solana/1");
    expect(open({ options: { votes: true } }).selectProfile([probe()], "solana/1")).toBe("solana/1+votes");
    expect(open().selectProfile([probe()], "solana/0")).toBe("solana/1");
    expect(open().canServe("solana/0", probe())).toBe(false);
  });

  it("proves no content", () => {
    expect(open().provesContent?.("solana/1")).toBe(false);
  });

  it("cannot be had with processed blocks that no node gives", () => {
    const chain = open({ options: { commitment: "processed" } });
    expect(failureOf(() => chain.selectProfile([probe(), probe("accounts")])).message).toContain(
      "of 2 nodes none gives blocks before they are confirmed",
    );
    expect(chain.selectProfile([probe(), probe("processed")])).toBe("solana/1");
    // With a store already there, nodes that cannot today are a matter of waiting.
    expect(chain.selectProfile([], "solana/1")).toBe("solana/1");
  });
});

test("lamports beyond 2^53 stay exact from the node's bytes to the ledger", () => {
  const total = 2n ** 64n - 1n;
  const sent = 9_007_199_254_740_993n;
  const answer = Buffer.from(
    `{"jsonrpc":"2.0","result":{"blockHeight":8,"blockTime":1700000000,"blockhash":"${slotHash(9)}","parentSlot":7,` +
      `"previousBlockhash":"${slotHash(7)}","rewards":[{"pubkey":"Leader","lamports":2500,"postBalance":${2n ** 63n},` +
      `"rewardType":"Fee","commission":null}],"transactions":[{"transaction":{"signatures":["s"],"accountKeys":` +
      `[{"pubkey":"A","signer":true,"source":"transaction","writable":true},{"pubkey":"B","signer":false,"source":"transaction","writable":true}]},` +
      `"meta":{"err":null,"fee":5000,"preBalances":[${total},0],"postBalances":[${total - sent - 5000n},${sent}],` +
      `"preTokenBalances":[],"postTokenBalances":[{"accountIndex":1,"mint":"M","owner":"O","uiTokenAmount":{"amount":"${total}"}}],` +
      `"status":{"Ok":null}},"version":"legacy"}]},"id":1}`,
  );
  const chain = open({}, "headers");
  const raw = { asked: { height: 9 }, profile: "solana/1+accounts", node: "acme-eu", parts: { answer } };
  expect(chain.verify(raw).ref).toEqual({
    height: 9,
    hash: slotHash(9),
    parentHash: slotHash(7),
    parentHeight: 7,
    time: 1_700_000_000_000,
  });
  const { transactions, observations } = chain.decode(raw);
  expect(transactions.flatMap(({ movements }) => movements)).toEqual([
    { account: "A", asset: "slip44:501", delta: -5000n, kind: "fee" },
    { account: "A", asset: "slip44:501", delta: -sent, kind: "transfer" },
    { account: "B", asset: "slip44:501", delta: sent, kind: "transfer" },
    { account: "O", asset: "token:M", delta: total, kind: "transfer" },
    { account: "Leader", asset: "slip44:501", delta: 2500n, kind: "reward" },
  ]);
  expect(observations.map(({ account, amount }) => [account, amount])).toEqual([
    ["A", total - sent - 5000n],
    ["B", sent],
    ["Leader", 2n ** 63n],
  ]);
});

describe("a raw block that is none", () => {
  const raw = (text: string) => ({
    asked: { height: 9 },
    profile: "solana/1",
    node: "acme-eu",
    parts: { answer: Buffer.from(text) },
  });

  it.each([
    ['{"jsonrpc":"2.0","id":1,"result":null}', "node-block-missing"],
    [
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32014,"message":"Block status not yet available for slot 9"}}',
      "node-block-missing",
    ],
    ['{"jsonrpc":"2.0","id":1}', "node-bad-response"],
    ['{"jsonrpc":"2.0","id":2,"result":{}}', "node-bad-response"],
    ['{"jsonrpc":"2.0","id":1,"result":[]}', "node-bad-response"],
    ["[]", "node-bad-response"],
    ["<html>", "node-bad-response"],
  ])("%s is %s", (text, code) => {
    expect(failureOf(() => open().verify(raw(text))).code).toBe(code);
    expect(failureOf(() => open().decode({ ...raw(text), parts: {} })).code).toBe("node-bad-response");
  });
});
