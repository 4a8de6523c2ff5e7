import { expect, it } from "vitest";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import plugin from "../../../../src/plugins/bitcoin/index.ts";

const id = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328";

function openFrom(from: number) {
  const config: ChainConfig = {
    id,
    plugin: "bitcoin",
    index: { from, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 60, maxSeconds: 600 },
    nodes: [],
    options: {},
  };
  return plugin.open(config);
}

it("the ledger knows every output of an index from the first block, and of no other", () => {
  const teller = { chainId: id, syncing: false, clientVersion: "node/1", capabilities: ["prevouts"] };
  const whole = openFrom(0);
  expect(whole.listsOutputs?.(whole.selectProfile([teller]))).toBe(true);
  const late = openFrom(100);
  expect(late.listsOutputs?.(late.selectProfile([teller]))).toBe(false);
});
