import { Type } from "typebox";
import type {
  Chain,
  ChainNode,
  ChainPlugin,
  NodeTransport,
  RawBlock,
  Verification,
} from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { LedgerBlock } from "../../core/model.ts";
import { TEST_NATIVE, type TestBlock } from "./test-chain.ts";
import type { TestNode } from "./test-node.ts";

/** The nodes of this thread by the name under which they are configured. */
const nodes = new Map<string, TestNode>();

export function registerTestNode(node: TestNode): void {
  nodes.set(node.name, node);
}

/** A chain family for tests of the engine: blocks are JSON, nodes are TestNodes in memory. */
const plugin: ChainPlugin = {
  manifest: {
    family: "test",
    contract: "^1.0.0",
    capabilities: { historicalBalances: true, tokens: true, utxos: false },
    optionsSchema: Type.Object(
      {
        native: Type.Optional(
          Type.Union([Type.Literal("complete"), Type.Literal("partial")], {
            description: "Whether the native coin's movements show every change, from zero on.",
            default: "partial",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  open(config): Chain {
    const nativeComplete = config.options["native"] === "complete";
    return {
      info: {
        id: config.id,
        name: "Test",
        nativeAsset: TEST_NATIVE,
        nativeInfo: { symbol: "TST", decimals: 6 },
        expectedIntervalMs: 1_000,
        finality: { kind: "tags" },
      },
      parseAccount: (text) => text,
      formatAccount: (account) => account,
      parseAsset: (text) => text,
      parseHash: (text) => (text.includes("-") ? text : undefined),
      selectProfile: (_, stored) => stored ?? "test/1",
      canServe: () => true,
      completeness: (asset) => (asset === TEST_NATIVE && !nativeComplete ? "partial" : "complete"),
      startsAtZero: (asset) => asset !== TEST_NATIVE || nativeComplete,
      connect: findNode,
      verify,
      decode,
    };
  },
};
export default plugin;

function findNode(transport: NodeTransport): ChainNode {
  const node = nodes.get(transport.node);
  if (!node) throw new HeadwaterError("internal", `no test node is registered as ${transport.node}`);
  return node;
}

function verify(raw: RawBlock): Verification {
  const { ref } = parse(raw);
  if ("height" in raw.asked && raw.asked.height !== undefined && raw.asked.height !== ref.height) {
    throw new HeadwaterError("node-wrong-block", `asked for ${raw.asked.height}, got ${ref.height}`);
  }
  if (!ref.hash.startsWith(`${ref.height}-`))
    throw new IntegrityViolation("hash", `${ref.height}-…`, ref.hash, "test block");
  return { ref, checks: [{ check: "hash", result: "passed" }] };
}

function decode(raw: RawBlock): LedgerBlock {
  const block = parse(raw);
  if (block.transactions.some(({ id }) => id === "crash")) process.exit(3);
  return block;
}

function parse(raw: RawBlock): TestBlock {
  const text = new TextDecoder().decode(raw.parts["block"]);
  try {
    return JSON.parse(text, (_, value) =>
      typeof value === "string" && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ) as TestBlock;
  } catch (cause) {
    throw new HeadwaterError("node-bad-response", `node ${raw.node}: expected JSON`, { cause });
  }
}
