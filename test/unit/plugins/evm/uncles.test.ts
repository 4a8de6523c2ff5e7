import { describe, expect, it } from "vitest";
import { mayHaveUncles } from "../../../../src/plugins/evm/find-in-bytes.ts";
import { connectNode } from "../../../../src/plugins/evm/node.ts";
import { parseRaw } from "../../../../src/plugins/evm/raw.ts";
import { readFixture } from "../../../support/evm-fixtures.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import { answerMethods, type ScriptedMethods } from "../../../support/scripted-node.ts";

type Recorded = {
  readonly block: { readonly hash: string; readonly number: string; readonly uncles: readonly string[] };
  readonly receipts: readonly unknown[];
  readonly uncles: readonly { readonly hash: string }[];
};

const recorded = readFixture<Recorded>("coinbase__mesh-ethereum/ropsten_10991.json");
const height = Number(recorded.block.number);

async function connect(methods: ScriptedMethods, unclesBelow: number) {
  const { node: server, transport } = await startScripted(answerMethods(methods));
  return { server, node: connectNode({ tryTraces: false, unclesBelow, multicall: null }, transport) };
}

const methods: ScriptedMethods = {
  eth_getBlockByNumber: () => recorded.block,
  eth_getBlockByHash: () => recorded.block,
  eth_getBlockReceipts: () => recorded.receipts,
  eth_getUncleByBlockHashAndIndex: (hash: string, index: string) =>
    hash === recorded.block.hash ? recorded.uncles[Number(index)] : null,
};

describe("a block with uncles", () => {
  it("comes with their headers where they may earn rewards", async () => {
    expect(recorded.uncles).toHaveLength(1);
    const { node } = await connect(methods, height + 1);
    for (const at of [{ height }, { hash: recorded.block.hash }]) {
      const { block, uncles } = parseRaw(await node.fetchBlock(at, "evm/1"));
      expect(block.uncles).toEqual(recorded.block.uncles);
      expect(uncles?.map(({ hash }) => hash)).toEqual(recorded.block.uncles);
    }
  });

  it("comes without them on chains where they earn nothing", async () => {
    const { node, server } = await connect(methods, height);
    expect(parseRaw(await node.fetchBlock({ height }, "evm/1")).uncles).toBeUndefined();
    expect(server.methods.join()).not.toContain("Uncle");
  });

  it("is refused with more uncles than the protocol allows", async () => {
    const block = { ...recorded.block, uncles: Array.from({ length: 3 }, () => recorded.block.uncles[0]) };
    const { node } = await connect({ ...methods, eth_getBlockByNumber: () => block }, height + 1);
    expect(await failureOf(node.fetchBlock({ height }, "evm/1"))).toMatchObject({ code: "node-bad-response" });
  });
});

describe("mayHaveUncles", () => {
  const cases: [string, boolean][] = [
    ['{"result":{"uncles":[]}}', false],
    ['{"result":{"uncles" : [ ]}}', false],
    ['{"result":{"uncles":null}}', false],
    ['{"result":{"transactions":[]}}', false],
    ['{"result":{"uncles":["0xab"]}}', true],
    ['{"result":{ "uncles" :\n [\n  "0xab"\n ]}}', true],
    ['{"error":"say \\"uncles\\":[\\"x\\"]"}', false],
    ['["uncles",{"uncles":["0xab"]}]', true],
    ['{"a":"uncles","b":["x"]}', false],
  ];
  it.each(cases)("%s: %s", (text, expected) => {
    expect(mayHaveUncles(Buffer.from(text))).toBe(expected);
  });
});
