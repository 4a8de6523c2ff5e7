import { expect, test } from "vitest";
import type { Chain, ChainNode } from "../../../../src/core/contracts/plugin.ts";
import type { NodeWire } from "../../../../src/core/contracts/wire.ts";
import { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { RateLimiter } from "../../../../src/sync/pool/rate-limiter.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

test("a node has a feed where its plugin can listen, whatever that listens to", () => {
  const wire = { post: () => expect.fail(), close: async () => {} } as NodeWire;
  const feedOf = (client: Partial<ChainNode>) => {
    const chain = { connect: () => client } as unknown as Chain;
    const clock = new FakeClock(0);
    const config = { name: "n", url: "http://127.0.0.1:1", operator: "o", region: "r" };
    const events = new Proxy({}, { get: () => () => {} });
    return new PoolNode({ config, chain, wire, clock, limiter: new RateLimiter({ now: 0 }), events } as never).feed;
  };
  expect(feedOf({})).toBe("none");
  expect(feedOf({ watchTips: async () => {} })).toBe("closed");
});
