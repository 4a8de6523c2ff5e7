import { afterEach, expect, it } from "vitest";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { type EngineUnderTest, runEngine } from "../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
let under: EngineUnderTest;

afterEach(async () => {
  await under.stop();
  await under.store.close();
});

it("keeps each node's newest cordon, in the order in which operators spoke", async () => {
  under = await runEngine(TestChain.build(5, START));
  await under.untilTip("4-main");
  const { engine, store } = under;
  const name = engine.nodes()[0]?.name ?? "";
  await Promise.all([
    engine.cordon(name, "first"),
    engine.uncordon(name),
    engine.cordon(name, "second"),
    engine.cordon(name, "third"),
  ]);
  expect(await store.records.cordons(engine.id)).toMatchObject([{ node: name, reason: "third" }]);
  expect(engine.nodes()[0]).toMatchObject({ state: "cordoned", causes: ["cordoned"], cordon: { reason: "third" } });
  await engine.uncordon(name);
  await engine.uncordon(name);
  expect(await store.records.cordons(engine.id)).toEqual([]);
  expect(engine.nodes()[0]?.cordon).toBeNull();
});

it("changes nothing for a node that is not configured, or when the word cannot be kept", async () => {
  under = await runEngine(TestChain.build(5, START));
  await under.untilTip("4-main");
  const { engine, store } = under;
  await expect(engine.cordon("nobody", "?")).rejects.toMatchObject({ code: "node-unknown" });
  await expect(engine.uncordon("nobody")).rejects.toMatchObject({ code: "node-unknown" });
  const name = engine.nodes()[0]?.name ?? "";
  await store.close();
  await expect(engine.cordon(name, "too late")).rejects.toMatchObject({ code: "store-closed" });
  expect(engine.nodes()[0]).toMatchObject({ state: "healthy", cordon: null });
});
