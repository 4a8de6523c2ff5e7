import { Type } from "typebox";
import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainPlugin, NodeTransport, RawBlock, Verification } from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { LedgerBlock } from "../../core/model.ts";
import { hashTestHeader, headerOf, type TestBlock } from "./test-block.ts";
import { TEST_NATIVE } from "./test-chain.ts";
import { TestClient } from "./test-client.ts";
import type { TestNode } from "./test-node.ts";
import { parseTestAnswer, resultOf } from "./test-protocol.ts";
import { TestTransport } from "./test-transport.ts";

/** The nodes of this thread by the name under which they are configured. */
const nodes = new Map<string, TestNode>();

/** From now on the node of this name is reached in memory, whatever its URL. */
export function registerTestNode(node: TestNode): void {
  nodes.set(node.name, node);
}

/** A chain family for tests of the engine: blocks are JSON in ledger form, nodes are TestNodes. */
const plugin: ChainPlugin = {
  manifest: {
    family: "test",
    contract: "^1.0.0",
    capabilities: { historicalBalances: true, tokens: true, utxos: false },
    optionsSchema: Type.Object(
      {
        native: Type.Optional(
          Type.Union([Type.Literal("complete"), Type.Literal("allotted"), Type.Literal("partial")], {
            description:
              "Whether the native coin's movements show every change, from zero on or from what was allotted.",
            default: "partial",
          }),
        ),
        state: Type.Optional(
          Type.Union([Type.Literal("past"), Type.Literal("newest")], {
            description: "Whether nodes are asked for balances after any block, or know the newest state only.",
            default: "past",
          }),
        ),
        content: Type.Optional(
          Type.Union([Type.Literal("proven"), Type.Literal("claimed")], {
            description: "Whether blocks' hashes are of their content, or say nothing of it.",
            default: "proven",
          }),
        ),
        finalDepth: Type.Optional(
          Type.Integer({
            minimum: 1,
            description: "Final by depth: blocks on a block, itself included, that make it so.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  open(config): Chain {
    const { native, state, content, finalDepth } = config.options;
    const nativePartial = native !== "complete" && native !== "allotted";
    const isClaimed = content === "claimed";
    return {
      info: {
        id: config.id,
        name: "Test",
        nativeAsset: TEST_NATIVE,
        nativeInfo: { symbol: "TST", decimals: 6 },
        expectedIntervalMs: 1_000,
        finality: typeof finalDepth === "number" ? { kind: "depth", safe: 1, finalized: finalDepth } : { kind: "tags" },
      },
      parseAccount: (text) => text,
      formatAccount: (account) => account,
      parseAsset: (text) => text,
      parseHash: (text) => (text.includes("-") ? text : undefined),
      selectProfile: (_, stored) => stored ?? "test/1",
      canServe: () => true,
      completeness: (asset) => (asset === TEST_NATIVE && nativePartial ? "partial" : "complete"),
      startsAtZero: (asset) => asset !== TEST_NATIVE || native === "complete",
      connect: (transport) => new TestClient(wayTo(transport), state === "newest"),
      provesContent: () => !isClaimed,
      verify: (raw) => verifyTestBlock(parseTestBlock(raw), raw, isClaimed ? "claimed" : config.index.verify),
      decode,
    };
  },
};
export default plugin;

/** The way to a registered node, else to the one at the transport's other end. */
export function wayTo(transport: NodeTransport): NodeTransport {
  const node = nodes.get(transport.node);
  return node ? new TestTransport(transport.node, node) : transport;
}

/** @throws IntegrityViolation, HeadwaterError `node-wrong-block` */
export function verifyTestBlock(
  block: TestBlock,
  raw: Pick<RawBlock, "asked" | "node">,
  mode: ChainConfig["index"]["verify"] | "claimed",
): Verification {
  const { ref } = block;
  const { asked } = raw;
  const isAsked = "hash" in asked ? asked.hash === ref.hash : asked.height === ref.height;
  if (!isAsked) {
    throw new HeadwaterError("node-wrong-block", `asked for ${JSON.stringify(asked)}, got ${ref.hash}`);
  }
  if (mode === "off") return { ref, checks: [{ check: "hash", result: "skipped", reason: "verify is off" }] };
  if (mode === "claimed")
    return { ref, checks: [{ check: "hash", result: "skipped", reason: "it is not of the content" }] };
  const hash = hashTestHeader(headerOf(block));
  if (ref.hash !== hash) throw new IntegrityViolation("hash", ref.hash, hash, `node ${raw.node}, block ${ref.height}`);
  return { ref, checks: [{ check: "hash", result: "passed" }] };
}

function decode(raw: RawBlock): LedgerBlock {
  const block = parseTestBlock(raw);
  // A plugin that takes its thread down with it.
  if (block.transactions.some(({ id }) => id === "crash")) process.exit(3);
  return block;
}

export function parseTestBlock(raw: RawBlock): TestBlock {
  return resultOf(parseTestAnswer(raw.parts["answer"] as Uint8Array, raw.node), 1, raw.node) as TestBlock;
}
