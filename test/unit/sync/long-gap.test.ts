import { expect, it } from "vitest";
import { LIMITS } from "../../../src/core/limits.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { runEngine } from "../../support/engine.ts";

const START = Date.UTC(2025, 0, 1);

it.each([
  { operators: 1, required: 1 },
  { operators: 3, required: 2 },
  // Less than a majority: the blocks that nodes showed while we came here must not outweigh their tips.
  { operators: 5, required: 2 },
])(
  "follows $operators operators over a gap too long to be walked by hash, $required required",
  async ({ operators, required }) => {
    const chain = TestChain.build(50, START);
    const run = await runEngine(chain, { operators, inline: true, config: { agreement: { operators: required } } });
    try {
      await run.untilTip("49-main");
      const longer = chain.mine(LIMITS.linkHeaders + 144);
      for (const node of run.nodes) node.chain = longer;
      await run.clock.advance(5_000);
      using view = run.engine.view();
      expect(view?.position?.tip.hash).toBe(longer.tip.ref.hash);
    } finally {
      await run.stop();
      await run.store.close();
    }
  },
);
