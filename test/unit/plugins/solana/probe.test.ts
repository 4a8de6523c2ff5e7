import { describe, expect, it } from "vitest";
import { connectNode } from "../../../../src/plugins/solana/node.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import {
  answerMethods,
  json,
  type Respond,
  type ScriptedMethods,
  ScriptedRpcError,
} from "../../../support/scripted-node.ts";
import { SOLANA_ERRORS } from "../../../support/solana-slots.ts";

const GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

async function connect(respond: Respond, ingestionLagSlots = 100, wantsSignatures = true) {
  const { node: server, transport } = await startScripted(respond);
  return { server, node: connectNode({ wantsProcessed: false, wantsSignatures, ingestionLagSlots }, transport) };
}

const refuse = (error: { code: number; message: string }) => () => {
  throw new ScriptedRpcError(error);
};

const agave: ScriptedMethods = {
  getGenesisHash: () => GENESIS,
  getSlot: ({ commitment }: { commitment: string }) => (commitment === "processed" ? 1_000 : 998),
  getMaxShredInsertSlot: () => 1_002,
  getHealth: () => "ok",
  getVersion: () => ({ "feature-set": 3294202862, "solana-core": "2.1.0" }),
  getFirstAvailableBlock: () => 500,
};

describe("the probe", () => {
  it("asks Agave all at once", async () => {
    const { node, server } = await connect(answerMethods(agave));
    expect(await node.probe()).toEqual({
      chainId: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
      syncing: false,
      clientVersion: "solana-core 2.1.0",
      capabilities: ["shred-slots"],
    });
    expect(server.methods).toEqual([
      "getGenesisHash+getSlot+getMaxShredInsertSlot+getHealth+getVersion+getFirstAvailableBlock",
    ]);
  });

  it.each([
    [1_100, 100, false],
    [1_101, 100, true],
    [1_011, 10, true],
    [0, 100, false],
  ])(
    "finds out a node that calls itself healthy and has received slot %i (limit %i): syncing %s",
    async (received, limit, syncing) => {
      const { node } = await connect(answerMethods({ ...agave, getMaxShredInsertSlot: () => received }), limit);
      expect((await node.probe()).syncing).toBe(syncing);
    },
  );

  it.each([SOLANA_ERRORS.behind(213), SOLANA_ERRORS.unhealthy])("believes a node that says %j", async (error) => {
    const { node } = await connect(answerMethods({ ...agave, getHealth: refuse(error) }));
    expect((await node.probe()).syncing).toBe(true);
  });

  it.each([
    ["does not know", SOLANA_ERRORS.unknownMethod],
    ["does not allow", { code: 403, message: "Access forbidden" }],
    ["has disabled", { code: 410, message: "The RPC call or parameters have been disabled." }],
    ["fails to answer", { code: -32603, message: "Internal error" }],
  ])("takes a node that %s what it need not tell", async (_how, error) => {
    const { getGenesisHash, getSlot } = agave;
    const bare = Object.fromEntries(Object.keys(agave).map((method) => [method, refuse(error)]));
    const { node } = await connect(answerMethods({ ...bare, getGenesisHash, getSlot } as ScriptedMethods));
    expect(await node.probe()).toMatchObject({ syncing: false, clientVersion: "unknown", capabilities: [] });
  });

  it("fails where the node asks for fewer requests, or is not there: that says nothing of what it can do", async () => {
    const throttled = { ...agave, getVersion: refuse({ code: 429, message: "Too many requests" }) };
    expect((await failureOf((await connect(answerMethods(throttled))).node.probe())).code).toBe("node-throttled");
    expect((await failureOf((await connect(() => ({ status: 502, body: "" }))).node.probe())).code).toBe(
      "node-http-error",
    );
  });

  it("tells the cluster by its genesis block, and a node of another kind by having none", async () => {
    const { node } = await connect(
      answerMethods({ ...agave, getGenesisHash: () => GENESIS.replace("5eykt", "6eykt") }),
    );
    expect((await node.probe()).chainId).toBe("solana:6eykt4UsFv8P8NJdTREpY1vzqKqZKvdp");
    const evm = await connect(answerMethods({ eth_chainId: () => "0x1" }));
    expect((await failureOf(evm.node.probe())).code).toBe("node-method-unsupported");
    for (const hash of [7, "", "0x12", GENESIS.slice(10)]) {
      const { node: odd } = await connect(answerMethods({ ...agave, getGenesisHash: () => hash }));
      expect((await failureOf(odd.probe())).code).toBe("node-bad-response");
    }
  });

  it("asks once for the forms that are wanted, at a slot where nothing is", async () => {
    const asked: unknown[] = [];
    const getBlock = (slot: number, config: Record<string, unknown>) => {
      asked.push([slot, config["transactionDetails"]]);
      return refuse(SOLANA_ERRORS.notAvailable(slot))();
    };
    const { node } = await connect(answerMethods({ ...agave, getBlock, getFirstAvailableBlock: () => 0 }), 100, false);
    for (let i = 0; i < 2; i++) {
      expect((await node.probe()).capabilities).toEqual(["accounts", "shred-slots", "archive"]);
    }
    expect(asked).toEqual([
      [1_001_000, "none"],
      [1_001_000, "accounts"],
    ]);
  });

  it("is the same over nodes that take no batches", async () => {
    const single = answerMethods(agave);
    const { node } = await connect((request) =>
      request.isBatch
        ? json({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "no batches" } })
        : single(request),
    );
    expect(await node.probe()).toMatchObject({ syncing: false, clientVersion: "solana-core 2.1.0" });
  });
});
