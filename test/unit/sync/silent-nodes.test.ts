import { describe, expect, it } from "vitest";
import type { WireAnswer } from "../../../src/core/contracts/wire.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../src/testing/chain/test-node.ts";
import { TEST_METHODS } from "../../../src/testing/chain/test-protocol.ts";
import { type EngineUnderTest, endAfterEach, runEngine } from "../../support/engine.ts";

const CHAIN = TestChain.build(10, Date.UTC(2026, 0, 1));
const running = endAfterEach();

async function run(prepare: (nodes: TestNode[]) => void): Promise<EngineUnderTest> {
  const under = await runEngine(CHAIN, { operators: 3, inline: true, prepare });
  running.push(under);
  return under;
}

/** From now on the node takes these requests and never answers. */
function silence(node: TestNode | undefined, method: string): void {
  if (!node) throw new Error("there is no such node");
  const post = node.post.bind(node);
  node.post = (request) => (request.body.includes(method) ? new Promise<WireAnswer>(() => {}) : post(request));
}

describe("a node that takes requests and never answers", () => {
  it("holds up no block that it told first", async () => {
    const under = await run(() => {});
    await under.untilTip("9-main");
    const [teller, ...others] = under.nodes;
    silence(teller, TEST_METHODS.block);
    const longer = CHAIN.mine(1);
    const told = teller?.calls.get("fetchTips") ?? 0;
    if (teller) teller.chain = longer;
    // It is asked for the block as soon as it has told it.
    await under.until(() => (teller?.calls.get("fetchTips") ?? 0) > told);
    const begun = under.clock.now();
    for (const node of others) node.chain = longer;
    await under.untilTip("10-main");
    expect(under.clock.now() - begun).toBeLessThan(1_500);
  });

  it("holds up nothing at the start", async () => {
    const under = await run(([first]) => silence(first, TEST_METHODS.describe));
    const begun = under.clock.now();
    await under.untilTip("9-main");
    expect(under.clock.now() - begun).toBeLessThan(4_000);
  });
});
