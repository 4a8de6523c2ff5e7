import { describe, expect, test } from "vitest";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import type { NodeProbe } from "../../../../src/core/contracts/plugin.ts";
import plugin from "../../../../src/plugins/evm/index.ts";
import { loadPlugin } from "../../../../src/plugins/loader.ts";
import { buildParts } from "../../../support/evm-block.ts";
import { buildRawBlock, readFixture } from "../../../support/evm-fixtures.ts";

const WETH = "erc20:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2";
const TRACED = "evm/1+traces";
const UNTRACED = "evm/1";

function open(id: string, options: Record<string, unknown> = {}) {
  const config: ChainConfig = {
    id,
    plugin: "evm",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [],
    options,
  };
  return plugin.open(config);
}

function probe(...capabilities: string[]): NodeProbe {
  return { chainId: "eip155:1", syncing: false, clientVersion: "x", capabilities };
}

const invalid = expect.objectContaining({ code: "config-invalid" });

describe("the plugin", () => {
  test("is loaded by its name", async () => {
    expect((await loadPlugin("evm")).plugin).toBe(plugin);
  });

  test("tells what it knows of a chain", () => {
    expect(open("eip155:1").info).toEqual({
      id: "eip155:1",
      name: "Ethereum",
      nativeAsset: "slip44:60",
      nativeInfo: { symbol: "ETH", decimals: 18 },
      expectedIntervalMs: 12_000,
      finality: { kind: "tags" },
    });
    expect(open("eip155:137").info).toMatchObject({ nativeAsset: "slip44:966", nativeInfo: { symbol: "POL" } });
  });

  test("takes what the options say of a chain", () => {
    const options = {
      name: "Ours",
      nativeSymbol: "OWN",
      nativeDecimals: 9,
      slip44: 1,
      expectedIntervalMs: 500,
      finalityDepth: { safe: 2, finalized: 5 },
    };
    expect(open("eip155:123456789", options).info).toEqual({
      id: "eip155:123456789",
      name: "Ours",
      nativeAsset: "slip44:1",
      nativeInfo: { symbol: "OWN", decimals: 9 },
      expectedIntervalMs: 500,
      finality: { kind: "depth", safe: 2, finalized: 5 },
    });
  });

  test.each(["eip155:", "eip155:01", "eip155:x", "eip155:9007199254740993", "bip122:1", "eip155:-1"])(
    "chain id %s is refused",
    (id) => expect(() => open(id)).toThrowError(invalid),
  );

  test.each([
    { trace: "maybe" },
    { tracing: "auto" },
    { multicall: "0x12" },
    { finalityDepth: { safe: 1 } },
    { finalityDepth: { safe: 0, finalized: 1 } },
    { finalityDepth: { safe: 5, finalized: 2 } },
    { feeRules: "mine" },
    { headerRules: "mine" },
    { slip44: -1 },
    { nativeSymbol: "" },
    { wrappedNative: ["weth"] },
  ])("options %j are refused", (options) => {
    expect(() => open("eip155:1", options)).toThrowError(invalid);
  });

  test("takes 32 bytes in any case as a hash, and nothing else", () => {
    const chain = open("eip155:1");
    expect(chain.parseHash(`0x${"AbCd".repeat(16)}`)).toBe(`0x${"abcd".repeat(16)}`);
    for (const text of ["", "latest", "1", "0x1", "ab".repeat(32), `0x${"ab".repeat(33)}`, `0x${"zz".repeat(32)}`]) {
      expect(chain.parseHash(text)).toBeUndefined();
    }
  });
});

describe("the decoding profile", () => {
  test("auto traces where a node can and the native coin gets complete by it", () => {
    expect(open("eip155:1").selectProfile([probe(), probe("traces")])).toBe(TRACED);
    expect(open("eip155:1").selectProfile([probe("block-receipts")])).toBe(UNTRACED);
    expect(open("eip155:137").selectProfile([probe("traces")])).toBe(UNTRACED);
    expect(open("eip155:31337").selectProfile([probe("traces")])).toBe(TRACED);
  });

  test("auto stays with what the store was written with", () => {
    expect(open("eip155:1").selectProfile([probe("traces")], UNTRACED)).toBe(UNTRACED);
    expect(open("eip155:1").selectProfile([], TRACED)).toBe(TRACED);
    expect(open("eip155:1").selectProfile([probe("traces")], "evm/0")).toBe(TRACED);
  });

  test("call needs a node that traces, once", () => {
    const chain = open("eip155:137", { trace: "call" });
    expect(chain.selectProfile([probe("traces")])).toBe(TRACED);
    expect(chain.selectProfile([probe("traces")], UNTRACED)).toBe(TRACED);
    expect(chain.selectProfile([probe()], TRACED)).toBe(TRACED);
    expect(() => chain.selectProfile([probe()])).toThrowError(invalid);
  });

  test("off never traces", () => {
    const chain = open("eip155:1", { trace: "off" });
    expect(chain.selectProfile([probe("traces")])).toBe(UNTRACED);
    expect(chain.selectProfile([probe("traces")], TRACED)).toBe(UNTRACED);
  });

  test("only nodes that trace serve a traced profile, and none an unknown one", () => {
    const chain = open("eip155:1");
    expect(chain.canServe(UNTRACED, probe())).toBe(true);
    expect(chain.canServe(TRACED, probe())).toBe(false);
    expect(chain.canServe(TRACED, probe("traces"))).toBe(true);
    expect(chain.canServe("evm/2", probe("traces"))).toBe(false);
  });
});

describe("what the ledger alone can answer", () => {
  test.each([
    ["eip155:1", {}, "complete"],
    ["eip155:8453", {}, "complete"],
    ["eip155:31337", {}, "complete"],
    ["eip155:137", {}, "partial"],
    ["eip155:42161", {}, "partial"],
    ["eip155:100", {}, "partial"],
    ["eip155:123456789", {}, "partial"],
    ["eip155:123456789", { feeRules: "ethereum" }, "complete"],
    ["eip155:1", { feeRules: "none" }, "partial"],
  ] as const)("traced, the native coin of %s with %j is %s", (id, options, completeness) => {
    const chain = open(id, options);
    expect(chain.completeness(chain.info.nativeAsset, TRACED)).toBe(completeness);
    expect(chain.completeness(chain.info.nativeAsset, UNTRACED)).toBe("partial");
    expect(chain.completeness(WETH, UNTRACED)).toBe("complete");
  });

  test("a contract that is the native coin in another form tells nothing by itself", () => {
    const chain = open("eip155:137");
    const face = "erc20:0x0000000000000000000000000000000000001010";
    expect(chain.completeness(face, UNTRACED)).toBe("partial");
    expect(chain.startsAtZero(face)).toBe(false);
  });

  test("a genesis file allots the native coin, and on OP Mainnet what an earlier chain held", () => {
    const chain = open("eip155:1");
    expect(chain.startsAtZero(chain.info.nativeAsset)).toBe(false);
    expect(chain.startsAtZero(WETH)).toBe(true);
    expect(open("eip155:10").startsAtZero(WETH)).toBe(false);
  });
});

describe("blocks", () => {
  test("are verified and decoded by the chain's rules", () => {
    const { block, receipts } = readFixture<{ block: { number: string }; receipts: unknown }>(
      "coinbase__chainstorage/ethereum/ethereum_17000000.json",
    );
    const raw = buildRawBlock({ block, receipts }, UNTRACED);
    const chain = open("eip155:1");
    const { ref, checks } = chain.verify(raw);
    expect(checks.find(({ check }) => check === "receiptsRoot")?.result).toBe("passed");
    const decoded = chain.decode(raw);
    expect(decoded.ref).toEqual(ref);
    const wrapped = decoded.transactions.flatMap(({ movements }) => movements.filter(({ asset }) => asset === WETH));
    expect(wrapped.some(({ kind }) => kind === "mint")).toBe(true);
    expect(wrapped.some(({ kind }) => kind === "burn")).toBe(true);
  });

  test("of an unlisted chain credit nobody with fees unless told", () => {
    const rewarded = (options: Record<string, unknown>) =>
      open("eip155:123456789", options)
        .decode(buildRawBlock(buildParts(), UNTRACED))
        .transactions[0]?.movements.some(({ kind }) => kind === "reward");
    expect(rewarded({})).toBe(false);
    expect(rewarded({ feeRules: "ethereum" })).toBe(true);
  });
});
