import { zeroPadValue } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChainNode, ProofQuery } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import { findNetwork } from "../../src/plugins/evm/networks.ts";
import { type ChainProofs, connectNode, MULTICALL3_ADDRESS } from "../../src/plugins/evm/node.ts";
import { entryKey, type MappingSlot } from "../../src/plugins/evm/proof/mapping-slots.ts";
import { StateRoots } from "../../src/plugins/evm/proof/state-roots.ts";
import { TokenLayouts } from "../../src/plugins/evm/proof/token-layouts.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { EvmSandbox } from "../support/evm-sandbox.ts";
import { failureOf } from "../support/failure-of.ts";
import { openTransport, startScripted } from "../support/node-transport.ts";

const NATIVE = "slip44:60";
const NOBODY = `0x${"00".repeat(19)}f0`;
/** What balanceOf does in these after the key of the caller's argument is hashed: read, and answer. */
const SLOAD_AND_RETURN = "5460005260206000f3";
/** Contracts that keep balances where other compilers and libraries do, in a few instructions each. */
const OTHER_LAYOUTS: Record<string, { address: string; code: string; slot: MappingSlot }> = {
  vyper: {
    address: `0x${"00".repeat(19)}c1`,
    code: `0x60076000526004356020526040600020${SLOAD_AND_RETURN}`,
    slot: { order: "vyper", base: 7n },
  },
  solady: {
    address: `0x${"00".repeat(19)}c2`,
    code: `0x6387a211a2600c526004356000526020600c20${SLOAD_AND_RETURN}`,
    slot: { order: "solady", base: 0x87a211a2n },
  },
  openzeppelin: {
    address: `0x${"00".repeat(19)}c3`,
    code: `0x7f52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace006020526004356000526040600020${SLOAD_AND_RETURN}`,
    slot: { order: "solidity", base: 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n },
  },
};

let sandbox: EvmSandbox;
let rich: string;
let poor: string;
let third: string;
let coin: string;
let rebasing: string;
let at: BlockRef;
let proofs: ChainProofs;

beforeAll(async () => {
  sandbox = await EvmSandbox.start();
  [, rich, poor, third] = sandbox.accounts as [string, string, string, string];
  coin = await sandbox.deploy("Erc20", "Coin", "COIN", 6);
  rebasing = await sandbox.deploy("RebasingToken");
  for (const { address, code, slot } of Object.values(OTHER_LAYOUTS)) {
    await sandbox.setCode(address, code);
    await store(address, slot, rich, 7_000_000n);
    await store(address, slot, third, 8_000_000n);
  }
  for (const token of ["Erc20", "RebasingToken"] as const) {
    const to = token === "Erc20" ? coin : rebasing;
    await sandbox.send({ to, data: callData(token, "mint", rich, 5_000_000n) });
    await sandbox.send({ to, data: callData(token, "mint", third, 6_000_000n) });
  }
  await sandbox.send({ to: coin, data: callData("Erc20", "mint", poor, 1n) });
  at = await sandbox.mine();
  await sandbox.send({ to: coin, data: callData("Erc20", "mint", rich, 1_000_000n) });
  await sandbox.mine();
});

afterAll(() => sandbox.stop());

beforeEach(() => {
  proofs = { roots: new StateRoots(findNetwork(31_337)), layouts: new TokenLayouts() };
});

async function store(address: string, slot: MappingSlot, account: string, value: bigint): Promise<void> {
  const word = zeroPadValue(`0x${value.toString(16).padStart(8, "0")}`, 32);
  await sandbox.client.call("anvil_setStorageAt", address, entryKey(slot, account), word);
}

function connect(url = sandbox.anvil.url): ChainNode {
  return connectNode({ tryTraces: false, unclesBelow: 0, multicall: MULTICALL3_ADDRESS, proofs }, openTransport(url));
}

async function connectFront(...front: Parameters<EvmSandbox["front"]>) {
  const { node: server } = await startScripted(sandbox.front(...front));
  return { server, node: connect(server.url) };
}

async function prove(node: ChainNode, queries: readonly ProofQuery[], block = at): Promise<(bigint | null)[]> {
  return (await node.proveBalances?.(queries, block)) ?? [];
}

/** Two balances that differ teach where a token keeps them. */
async function teach(node: ChainNode, asset: string, balances = [5_000_000n, 6_000_000n]): Promise<void> {
  await prove(node, [
    { account: rich, asset, agreed: balances[0] as bigint },
    { account: third, asset, agreed: balances[1] as bigint },
  ]);
}

describe("a probe", () => {
  it("finds out that the node's proofs hold", async () => {
    expect(await connect().probe()).toMatchObject({ proves: true, capabilities: ["block-receipts", "proofs"] });
  });

  it("finds out that a node gives none, once and for all", async () => {
    const { node, server } = await connectFront(({ method }) =>
      method === "eth_getProof"
        ? { error: { code: -32601, message: "the method eth_getProof does not exist" } }
        : undefined,
    );
    expect(await node.probe()).toMatchObject({ proves: false, capabilities: ["block-receipts"] });
    await node.probe();
    expect(server.methods.filter((method) => method === "eth_getProof")).toHaveLength(1);
  });

  it("does without proofs that do not hold, and tries again", async () => {
    const { node, server } = await connectFront(({ method }) =>
      method === "eth_getProof"
        ? {
            result: {
              balance: "0x0",
              nonce: "0x0",
              codeHash: `0x${"00".repeat(32)}`,
              storageHash: `0x${"00".repeat(32)}`,
              accountProof: [],
              storageProof: [],
            },
          }
        : undefined,
    );
    expect(await node.probe()).toMatchObject({ proves: false });
    server.respond = sandbox.front(() => undefined);
    expect(await node.probe()).toMatchObject({ proves: true });
  });
});

describe("native balances", () => {
  it("are proven, of accounts that are there and that are not, in the order asked", async () => {
    const queries = [rich, NOBODY, poor, rich].map((account) => ({ account, asset: NATIVE }));
    expect(await prove(connect(), queries)).toEqual(await connect().readBalances(queries, at));
    expect(await prove(connect(), [])).toEqual([]);
  });

  it("are proven at the block asked for, not at another", async () => {
    const query = [{ account: sandbox.accounts[0] as string, asset: NATIVE }];
    const [then] = await prove(connect(), query);
    const head = await connect().fetchHeader({ height: at.height + 1 });
    const [now] = await prove(connect(), query, head);
    expect(now).toBeLessThan(then as bigint);
    // A node that answers with another state than asked for is found out.
    const other = (await sandbox.client.call("eth_getProof", query[0]?.account, [], "latest")) as object;
    const { node } = await connectFront(({ method }) => (method === "eth_getProof" ? { result: other } : undefined));
    expect(await failureOf(prove(node, query))).toMatchObject({
      code: "integrity-violation",
      details: { field: "accountProof node 0" },
    });
  });

  it("cannot be told falsely", async () => {
    const honest = (await sandbox.client.call("eth_getProof", rich, [], { blockHash: at.hash })) as object;
    const { node } = await connectFront(({ method }) =>
      method === "eth_getProof" ? { result: { ...honest, balance: "0xffffffff" } } : undefined,
    );
    expect(await failureOf(prove(node, [{ account: rich, asset: NATIVE }]))).toMatchObject({
      code: "integrity-violation",
      details: { field: "balance", actual: `${0xffffffff}` },
    });
  });

  it("stand on the block's own header, whoever tells it", async () => {
    const header = (await sandbox.client.call("eth_getBlockByHash", at.hash, false)) as object;
    const { node } = await connectFront(({ method }) =>
      method === "eth_getBlockByHash" ? { result: { ...header, stateRoot: `0x${"12".repeat(32)}` } } : undefined,
    );
    expect(await failureOf(prove(node, [{ account: rich, asset: NATIVE }]))).toMatchObject({
      code: "integrity-violation",
      details: { field: "headerHash", expected: at.hash },
    });
    const gone = await connectFront(({ method }) => (method === "eth_getBlockByHash" ? { result: null } : undefined));
    expect((await failureOf(prove(gone.node, [{ account: rich, asset: NATIVE }]))).code).toBe("node-block-missing");
  });

  it("take the header once for all nodes, and one request after that", async () => {
    await prove(connect(), [{ account: rich, asset: NATIVE }]);
    const { node, server } = await connectFront(() => undefined);
    await prove(node, [
      { account: rich, asset: NATIVE },
      { account: poor, asset: NATIVE },
    ]);
    expect(server.methods).toEqual(["eth_getProof+eth_getProof"]);
  });

  it("are not proven on a chain with headers of its own", async () => {
    proofs = { ...proofs, roots: new StateRoots({ ...findNetwork(31_337), headerRules: "other" }) };
    expect(await prove(connect(), [{ account: rich, asset: NATIVE }])).toEqual([null]);
    expect(await connect().probe()).toMatchObject({ proves: false });
    proofs = { ...proofs, roots: new StateRoots({ ...findNetwork(31_337), headerRulesFrom: at.height + 1 }) };
    expect(await prove(connect(), [{ account: rich, asset: NATIVE }])).toEqual([null]);
  });

  it("cannot be had of a block whose state the node has pruned", async () => {
    const { node } = await connectFront(({ method }) =>
      method === "eth_getProof" ? { error: { code: -32000, message: "missing trie node 12" } } : undefined,
    );
    expect((await failureOf(prove(node, [{ account: rich, asset: NATIVE }]))).code).toBe("node-history-pruned");
  });
});

describe("balances of tokens", () => {
  it("are not proven before it is known where the contract keeps them", async () => {
    const { node, server } = await connectFront(() => undefined);
    expect(await prove(node, [{ account: rich, asset: `erc20:${coin}` }])).toEqual([null]);
    expect(server.requests).toEqual([]);
  });

  it("are proven after two examples, by whichever node, also where there is none", async () => {
    const asset = `erc20:${coin}`;
    expect(await prove(connect(), [{ account: rich, asset, agreed: 5_000_000n }])).toEqual([null]);
    expect(await prove(connect(), [{ account: rich, asset, agreed: 5_000_000n }])).toEqual([null]);
    expect(await prove(connect(), [{ account: third, asset, agreed: 6_000_000n }])).toEqual([6_000_000n]);
    const queries = [rich, NOBODY, third, poor].map((account) => ({ account, asset }));
    const { node, server } = await connectFront(() => undefined);
    expect(await prove(node, [...queries, { account: rich, asset: NATIVE }])).toEqual([
      5_000_000n,
      0n,
      6_000_000n,
      1n,
      ...(await connect().readBalances([{ account: rich, asset: NATIVE }], at)),
    ]);
    expect(server.methods.filter((methods) => methods.includes("eth_getProof"))).toEqual(["eth_getProof+eth_getProof"]);
  });

  it.each(Object.entries(OTHER_LAYOUTS))("are found where %s keeps them", async (_name, { address }) => {
    const asset = `erc20:${address}`;
    await teach(connect(), asset, [7_000_000n, 8_000_000n]);
    const queries = [rich, third, poor].map((account) => ({ account, asset }));
    expect(await prove(connect(), queries)).toEqual([7_000_000n, 8_000_000n, 0n]);
  });

  it("are not learnt from small numbers, nor from one example", async () => {
    const asset = `erc20:${coin}`;
    await prove(connect(), [{ account: poor, asset, agreed: 1n }]);
    await prove(connect(), [{ account: NOBODY, asset, agreed: 0n }]);
    expect(await prove(connect(), [{ account: poor, asset }])).toEqual([null]);
    await teach(connect(), asset, [5_000_000n, 5_000_000n]);
    expect(await prove(connect(), [{ account: rich, asset }])).toEqual([null]);
  });

  it("are not proven of a contract that computes them", async () => {
    const asset = `erc20:${rebasing}`;
    // Until the first rebase the shares look like balances; after it they are none.
    await teach(connect(), asset);
    expect(await prove(connect(), [{ account: rich, asset }])).toEqual([5_000_000n]);
    await sandbox.send({ to: rebasing, data: callData("RebasingToken", "rebase", 100n) });
    const later = await sandbox.mine();
    expect(await prove(connect(), [{ account: rich, asset }], later)).toEqual([null]);
    const [agreed] = await connect().readBalances([{ account: rich, asset }], later);
    await prove(connect(), [{ account: rich, asset, agreed: agreed as bigint }], later);
    expect(proofs.layouts.find(rebasing)).toBeUndefined();
    expect(await prove(connect(), [{ account: rich, asset }])).toEqual([null]);
  });

  it("are learnt anew when the contract runs other code", async () => {
    const { address, code, slot } = OTHER_LAYOUTS["vyper"] as { address: string; code: string; slot: MappingSlot };
    const asset = `erc20:${address}`;
    await teach(connect(), asset, [7_000_000n, 8_000_000n]);
    await sandbox.setCode(address, `${code}00`);
    const upgraded = await sandbox.mine();
    expect(await prove(connect(), [{ account: rich, asset }], upgraded)).toEqual([null]);
    expect(proofs.layouts.find(address)).toBeUndefined();
    await sandbox.setCode(address, code);
    // A proxy's code stays, and the code that it runs changes.
    await teach(connect(), asset, [7_000_000n, 8_000_000n]);
    expect(proofs.layouts.find(address)).toMatchObject({ slot });
    const implementation = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
    await sandbox.client.call("anvil_setStorageAt", address, implementation, zeroPadValue(rich, 32));
    const proxied = await sandbox.mine();
    expect(await prove(connect(), [{ account: rich, asset }], proxied)).toEqual([null]);
    expect(proofs.layouts.find(address)).toBeUndefined();
  });

  it("cannot be told falsely, nor hidden", async () => {
    const asset = `erc20:${coin}`;
    await teach(connect(), asset);
    const key = entryKey(proofs.layouts.find(coin)?.slot as MappingSlot, rich);
    type Proof = { storageProof: { key: string; value: string; proof: string[] }[] };
    const lie = async (change: (entry: Proof["storageProof"][0]) => object) => {
      const keys = [
        "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
        "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3",
        key,
      ];
      const honest = (await sandbox.client.call("eth_getProof", coin, keys, { blockHash: at.hash })) as Proof;
      const changed = honest.storageProof.map((entry, i) => (i === 2 ? { ...entry, ...change(entry) } : entry));
      const { node } = await connectFront(({ method }) =>
        method === "eth_getProof" ? { result: { ...honest, storageProof: changed } } : undefined,
      );
      return await failureOf(prove(node, [{ account: rich, asset }]));
    };
    for (const change of [
      () => ({ value: "0x1" }),
      () => ({ value: "0x0", proof: [] }),
      (entry: { proof: string[] }) => ({ value: "0x0", proof: entry.proof.slice(0, 1) }),
    ]) {
      expect((await lie(change)).code).toBe("integrity-violation");
    }
  });

  it("are not proven where the node itself tells another balance", async () => {
    const asset = `erc20:${coin}`;
    await teach(connect(), asset);
    const { node } = await connectFront(({ method }) =>
      method === "eth_call" ? { result: `0x${"00".repeat(31)}07` } : undefined,
    );
    expect(await prove(node, [{ account: rich, asset }])).toEqual([null]);
  });

  it("are never proven of single items", async () => {
    const item = { account: rich, agreed: 5_000_000n };
    expect(
      await prove(connect(), [
        { ...item, asset: `erc721:${coin}/1` },
        { ...item, asset: `erc1155:${coin}/1` },
      ]),
    ).toEqual([null, null]);
  });

  it("are asked for in parts, many at a time", async () => {
    const asset = `erc20:${coin}`;
    await teach(connect(), asset);
    const accounts = Array.from({ length: 150 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "e")}`);
    const { node, server } = await connectFront(() => undefined);
    const queries = [...accounts, rich].map((account) => ({ account, asset }));
    expect(await prove(node, queries)).toEqual([...accounts.map(() => 0n), 5_000_000n]);
    expect(server.methods.filter((methods) => methods.includes("eth_getProof"))).toEqual([
      "eth_getProof+eth_getProof+eth_getProof",
    ]);
  });
});
