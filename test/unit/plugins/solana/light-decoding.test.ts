import { createRequire } from "node:module";
import { expect, test } from "vitest";
import plugin from "../../../../src/plugins/solana/index.ts";
import { RECORDED_SLOTS, type RecordedSlot, readSolanaFixture } from "../../../support/solana-fixtures.ts";

const { cache } = createRequire(import.meta.url);
const isLoaded = () => Object.keys(cache).some((path) => path.includes("@solana/web3.js"));

test("a thread that verifies and decodes does not load web3.js, which whoever reads keys does", () => {
  const chain = plugin.open({
    id: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    plugin: "solana",
    index: { from: "latest", scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: [],
    options: {},
  });
  const { slot, block } = readSolanaFixture<RecordedSlot>(RECORDED_SLOTS[0] as string);
  const answer = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result: block }));
  const raw = { asked: { height: slot }, profile: "solana/1", node: "acme-eu", parts: { answer } };
  expect(chain.verify(raw).ref.height).toBe(slot);
  expect(chain.decode(raw).transactions.length).toBeGreaterThan(0);
  expect(isLoaded()).toBe(false);
  chain.parseAccount("11111111111111111111111111111111");
  expect(isLoaded()).toBe(true);
});
