import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BalanceQuery, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { AssetInfo, BlockRef } from "../../src/core/model.ts";
import { connectNode, MULTICALL3_ADDRESS } from "../../src/plugins/evm/node.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { EvmSandbox } from "../support/evm-sandbox.ts";
import { failureOf } from "../support/failure-of.ts";
import { openTransport, startScripted } from "../support/node-transport.ts";

const OPTIONS = { tryTraces: false, unclesBelow: 0, multicall: MULTICALL3_ADDRESS };
/** Contracts that misbehave when asked for a balance, by their code. */
const ODD = {
  "0x00000000000000000000000000000000000000a1": "0x60006000fd", // reverts
  "0x00000000000000000000000000000000000000a2": "0x5b600056", // loops until its gas is gone
  "0x00000000000000000000000000000000000000a3": "0xfe", // an invalid instruction
  "0x00000000000000000000000000000000000000a4": "0x6001601ff3", // answers one byte
  "0x00000000000000000000000000000000000000a5": "0x00", // answers nothing
  "0x00000000000000000000000000000000000000a6": "0x620186a06000f3", // answers 100,000 zero bytes
  "0x00000000000000000000000000000000000000a7": "0x60ff60005260406000f3", // answers 255 and a word more
};
const NOBODY = "0x00000000000000000000000000000000000000ff";

let sandbox: EvmSandbox;
let owner: string;
let holder: string;
let queries: BalanceQuery[];
let beforeMulticall: BlockRef;
let at: BlockRef;
let expected: (bigint | null)[];

beforeAll(async () => {
  sandbox = await EvmSandbox.start();
  [owner, holder] = sandbox.accounts as [string, string];
  const coin = await sandbox.deploy("Erc20", "Coin", "COIN", 6);
  const art = await sandbox.deploy("Erc721");
  const items = await sandbox.deploy("Erc1155");
  for (const [address, code] of Object.entries(ODD)) await sandbox.setCode(address, code);
  await sandbox.send({ to: coin, data: callData("Erc20", "mint", holder, 12_345n) });
  await sandbox.send({ to: art, data: callData("Erc721", "mint", holder) });
  await sandbox.send({ to: items, data: callData("Erc1155", "mint", holder, 7n, 40n) });
  await sandbox.send({ to: NOBODY, value: 99n });
  beforeMulticall = await sandbox.mine();
  await sandbox.deployMulticall();
  await sandbox.send({ to: coin, data: callData("Erc20", "mint", holder, 1n) });
  at = await sandbox.mine();
  await sandbox.send({ to: coin, data: callData("Erc20", "mint", holder, 1_000_000n) });
  await sandbox.mine();
  const rows: [string, string, bigint | null][] = [
    [NOBODY, "slip44:60", 99n],
    ["0x00000000000000000000000000000000000000f0", "slip44:60", 0n],
    [holder, `erc20:${coin}`, 12_346n],
    [owner, `erc20:${coin}`, 0n],
    [holder, `erc721:${art}/1`, 1n],
    [owner, `erc721:${art}/1`, 0n],
    [holder, `erc721:${art}/5000`, 0n],
    ["0x0000000000000000000000000000000000000000", `erc721:${art}/5000`, 0n],
    [holder, "erc721:0x00000000000000000000000000000000000000a1/1", null],
    [holder, `erc721:${NOBODY}/1`, null],
    [holder, `erc1155:${items}/7`, 40n],
    [holder, `erc1155:${items}/8`, 0n],
    [holder, `erc20:${NOBODY}`, null],
    [holder, "erc20:0x00000000000000000000000000000000000000a1", null],
    [holder, "erc20:0x00000000000000000000000000000000000000a2", null],
    [holder, "erc20:0x00000000000000000000000000000000000000a3", null],
    [holder, "erc20:0x00000000000000000000000000000000000000a4", null],
    [holder, "erc20:0x00000000000000000000000000000000000000a5", null],
    [holder, "erc20:0x00000000000000000000000000000000000000a6", 0n],
    [holder, "erc20:0x00000000000000000000000000000000000000a7", 255n],
    [holder, `erc721:0x00000000000000000000000000000000000000a7/1`, 0n],
    [holder, `erc20:${coin}`, 12_346n],
  ];
  queries = rows.map(([account, asset]) => ({ account, asset }));
  expected = rows.map(([, , balance]) => balance);
});

afterAll(() => sandbox.stop());

function connect(multicall: string | null = MULTICALL3_ADDRESS): ChainNode {
  return connectNode({ ...OPTIONS, multicall }, openTransport(sandbox.anvil.url));
}

async function connectFront(...front: Parameters<EvmSandbox["front"]>) {
  const { node: server, transport } = await startScripted(sandbox.front(...front));
  return { server, node: connectNode(OPTIONS, transport) };
}

describe("balances after a block", () => {
  it("are the same by multicall and by batches, whatever stands beside them", async () => {
    expect(await connect().readBalances(queries, at)).toEqual(expected);
    expect(await connect(null).readBalances(queries, at)).toEqual(expected);
  });

  it("are not spoilt by contracts that leave no gas to those after them", async () => {
    const burner = { account: holder, asset: "erc20:0x00000000000000000000000000000000000000a2" };
    const coin = queries[2] as BalanceQuery;
    const native = queries[0] as BalanceQuery;
    // One leaves a 64th of the gas to the rest; after a few even the multicall contract itself has none.
    for (let burners = 1; burners <= 4; burners++) {
      const among = Array.from({ length: burners }, () => burner);
      const nothing = among.map(() => null);
      expect(await connect().readBalances([coin, ...among, coin, native], at)).toEqual([
        12_346n,
        ...nothing,
        12_346n,
        99n,
      ]);
    }
  });

  it("are the same one by one", async () => {
    const node = connect();
    for (const [i, query] of queries.entries()) expect(await node.readBalances([query], at)).toEqual([expected[i]]);
  });

  it("are the same where the node takes no batches", async () => {
    const { node } = await connectFront(() => undefined, { takesBatches: false });
    expect(await node.readBalances(queries, at)).toEqual(expected);
  });

  it("come from one call where Multicall3 stands, and from batches at blocks before it", async () => {
    const { node, server } = await connectFront(() => undefined);
    const sound = queries.slice(0, 3);
    expect(await node.readBalances(sound, at)).toEqual(expected.slice(0, 3));
    expect(await node.readBalances(sound, at)).toEqual(expected.slice(0, 3));
    expect(await node.readBalances(sound, beforeMulticall)).toEqual([99n, 0n, 12_345n]);
    expect(await node.readBalances(sound, beforeMulticall)).toEqual([99n, 0n, 12_345n]);
    const direct = "eth_getBalance+eth_getBalance+eth_call";
    expect(server.methods).toEqual(["eth_getCode", "eth_call", "eth_call", "eth_getCode", direct, direct]);
  });

  it("are read in chunks, in the order asked", async () => {
    const many = Array.from({ length: 500 }, (_, i) => queries[i % 3] as BalanceQuery);
    expect(await connect().readBalances(many, at)).toEqual(many.map((_, i) => expected[i % 3]));
  });

  it("are none for no questions", async () => {
    expect(await connect().readBalances([], at)).toEqual([]);
  });

  it("need a block that the node has", async () => {
    const unknown = { ...at, hash: `0x${"ab".repeat(32)}` };
    for (const multicall of [MULTICALL3_ADDRESS, null]) {
      expect((await failureOf(connect(multicall).readBalances(queries, unknown))).code).toBe("node-block-missing");
    }
  });

  it.each([
    "erc20",
    "erc721:0x00000000000000000000000000000000000000a1",
    "erc20:0x12",
    "erc20:0x00000000000000000000000000000000000000a1/1",
    "gold:1",
  ])("are not told of %s", async (asset) => {
    expect((await failureOf(connect().readBalances([{ account: holder, asset }], at))).code).toBe("invalid-asset");
  });
});

describe("a node that does not know EIP-1898", () => {
  const isBlockObject = (parameter: unknown) => typeof parameter === "object" && parameter !== null;
  const REFUSED = {
    error: { code: -32602, message: "invalid argument 1: json: cannot unmarshal object into Go value of type string" },
  };

  it("is asked without requireCanonical", async () => {
    const { node, server } = await connectFront(({ params }) =>
      isBlockObject(params[1]) && "requireCanonical" in (params[1] as object) ? REFUSED : undefined,
    );
    expect(await node.readBalances(queries, at)).toEqual(expected);
    const before = server.requests.length;
    await node.readBalances(queries.slice(0, 2), at);
    expect(server.requests.slice(before).map(({ body }) => body.includes("requireCanonical"))).toEqual([false]);
  });

  it("is asked by height, with the block compared before and after", async () => {
    const { node, server } = await connectFront(({ params }) => (isBlockObject(params[1]) ? REFUSED : undefined));
    expect(await node.readBalances(queries.slice(0, 3), at)).toEqual(expected.slice(0, 3));
    const before = server.requests.length;
    await node.readBalances(queries.slice(0, 3), at);
    expect(server.methods.slice(before)).toEqual(["eth_getBlockByNumber", "eth_call", "eth_getBlockByNumber"]);
  });

  it("gives no balances of another branch, and none across a reorg", async () => {
    let headers = 0;
    const { node } = await connectFront(({ method, params }) => {
      if (method !== "eth_getBlockByNumber") return isBlockObject(params[1]) ? REFUSED : undefined;
      headers++;
      const header = { number: `0x${at.height.toString(16)}`, parentHash: at.parentHash, timestamp: "0x1" };
      return { result: { ...header, hash: headers % 2 ? at.hash : `0x${"cd".repeat(32)}` } };
    });
    expect((await failureOf(node.readBalances(queries.slice(0, 3), at))).code).toBe("node-wrong-block");
    headers = 1;
    expect((await failureOf(node.readBalances(queries.slice(0, 3), at))).code).toBe("node-wrong-block");
  });
});

describe("a node that fails", () => {
  const failures: [string, { result: unknown } | { error: unknown }, string][] = [
    [
      "has pruned the state",
      { error: { code: -32000, message: "missing trie node 99 (path )" } },
      "node-history-pruned",
    ],
    ["answers null for state it has not", { result: null }, "node-history-pruned"],
    ["lost the block", { error: { code: -32000, message: "hash is not currently canonical" } }, "node-block-missing"],
    ["is busy", { error: { code: -32005, message: "limit exceeded" } }, "node-throttled"],
    ["answers nonsense", { result: "soon" }, "node-bad-response"],
    ["fails within", { error: { code: -32603, message: "Internal error" } }, "node-rpc-error"],
  ];
  it.each(failures)("that %s gives an error and no balance", async (_name, answer, code) => {
    for (const failing of [
      ["eth_getBalance", "eth_call"],
      ["eth_getBalance", "eth_call", "eth_getCode"],
    ]) {
      const { node } = await connectFront(({ method }) => (failing.includes(method) ? answer : undefined));
      for (const query of queries.slice(0, 3)) {
        expect((await failureOf(node.readBalances([query], at))).code).toBe(code);
      }
      expect((await failureOf(node.readBalances(queries, at))).code).toBe(code);
    }
  });

  it("is not believed when its multicall contract is another", async () => {
    const code = await sandbox.client.call("eth_getCode", MULTICALL3_ADDRESS, "latest");
    await sandbox.setCode(MULTICALL3_ADDRESS, "0x60ff60005260206000f3");
    const now = await sandbox.mine();
    expect(await connect().readBalances(queries.slice(0, 2), now)).toEqual(expected.slice(0, 2));
    await sandbox.setCode(MULTICALL3_ADDRESS, code as string);
    await sandbox.mine();
  });
});

describe("what tokens say of themselves", () => {
  it("is read from string and bytes32, and null where there is nothing", async () => {
    const coin = await sandbox.deploy("Erc20", "Coin", "COIN", 6);
    const old = await sandbox.deploy("Bytes32Token");
    const nameless = await sandbox.deploy("NamelessToken");
    const art = await sandbox.deploy("Erc721");
    const items = await sandbox.deploy("Erc1155");
    const assets = [
      `erc20:${coin}`,
      `erc20:${old}`,
      `erc20:${nameless}`,
      `erc721:${art}/1`,
      `erc721:${art}/2`,
      `erc1155:${items}/1`,
      "slip44:60",
      `erc20:${NOBODY}`,
      ...Object.keys(ODD).map((address) => `erc20:${address}`),
    ];
    const answers: AssetInfo[] = [
      { symbol: "COIN", decimals: 6 },
      { symbol: "BYTES", decimals: 9 },
      { symbol: null, decimals: null },
      { symbol: "DEED", decimals: 0 },
      { symbol: "DEED", decimals: 0 },
      { symbol: null, decimals: null },
      { symbol: null, decimals: null },
      { symbol: null, decimals: null },
      ...Object.keys(ODD).map(() => ({ symbol: null, decimals: null })),
    ];
    // The contract that answers zeros says decimals 0, the one that answers 255 says that.
    answers[13] = { symbol: null, decimals: 0 };
    answers[14] = { symbol: null, decimals: 255 };
    expect(await connect().readAssetInfo(assets)).toEqual(answers);
    expect(await connect(null).readAssetInfo(assets)).toEqual(answers);
  });

  it("cannot be had from a node that fails", async () => {
    const { node } = await connectFront(({ method }) =>
      method === "eth_call" ? { error: { code: 429, message: "Too many requests" } } : undefined,
    );
    expect((await failureOf(node.readAssetInfo([`erc20:${NOBODY}`]))).code).toBe("node-throttled");
  });
});
