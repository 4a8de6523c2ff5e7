import { afterEach } from "vitest";
import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { idleLoad, type LoadGauge, type MetricRegistry, noMetrics } from "../../src/core/contracts/metrics.ts";
import type { ChainPlugin } from "../../src/core/contracts/plugin.ts";
import type { LedgerStore } from "../../src/core/contracts/store.ts";
import { ChainEngine } from "../../src/sync/chain-engine.ts";
import { DecodePool } from "../../src/sync/decode-pool.ts";
import type { TestChain } from "../../src/testing/chain/test-chain.ts";
import coinsPlugin from "../../src/testing/chain/test-coins-plugin.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import accountsPlugin, { registerTestNode } from "../../src/testing/chain/test-plugin.ts";
import slotsPlugin from "../../src/testing/chain/test-slots-plugin.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { decodeInline } from "../simulation/inline-decoder.ts";
import { openMemoryStore } from "./memory-store.ts";

const TEST_CHAIN = "test:one";
const urlOf = (file: string) => new URL(`../../src/testing/chain/${file}`, import.meta.url).href;
let serial = 0;

export type EngineUnderTest = {
  readonly engine: ChainEngine;
  readonly nodes: readonly TestNode[];
  readonly store: LedgerStore;
  readonly clock: FakeClock;
  /** Lets time pass until the condition holds. The test's own timeout is the bound. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Until the committed tip has this hash, or one of this height and branch (`7-main`). */
  untilTip(hash: string): Promise<void>;
  stop(): Promise<void>;
};

/** A list of engines that end, with their stores, after each test. To be called at the top of a test file. */
export function endAfterEach(): EngineUnderTest[] {
  const running: EngineUnderTest[] = [];
  afterEach(async () => {
    for (const under of running.splice(0)) {
      await under.stop();
      await under.store.close();
    }
  });
  return running;
}

/** An engine over `operators` nodes in memory, all on `chain`, with a fake clock standing at the chain's tip. */
export async function runEngine(
  chain: TestChain,
  options: {
    operators?: number;
    config?: Partial<ChainConfig>;
    store?: LedgerStore;
    metrics?: MetricRegistry;
    load?: LoadGauge;
    prepare?: (nodes: TestNode[]) => void;
    /** Decode in this thread, so that no time of the fake clock passes meanwhile. Default: in a thread of its own. */
    inline?: boolean;
    /** Who runs which node, and where. Default: each an operator of its own, in two regions by turns. */
    nodesOf?: (names: readonly string[]) => ChainConfig["nodes"];
  } = {},
): Promise<EngineUnderTest> {
  const run = ++serial;
  const names = Array.from({ length: options.operators ?? 3 }, (_, i) => `node-${run}-${i}`);
  const nodes = names.map((name) => new TestNode(name, TEST_CHAIN, chain));
  for (const node of nodes) registerTestNode(node);
  options.prepare?.(nodes);
  const [plugin, pluginUrl] = pluginFor(chain);
  const config: ChainConfig = {
    id: TEST_CHAIN,
    plugin: plugin.manifest.family,
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: (options.nodesOf ?? seatEach)(names),
    options: {},
    ...options.config,
  };
  const clock = new FakeClock(chain.tip.ref.time);
  const store = options.store ?? (await openMemoryStore());
  const threads = options.inline ? undefined : new DecodePool({ chains: [{ config, pluginUrl }] }, 1);
  const decodePool = threads ?? decodeInline(plugin.open(config), () => {});
  const engine = new ChainEngine({
    config,
    plugin,
    store,
    decodePool,
    clock,
    logger: silentLogger,
    metrics: options.metrics ?? noMetrics,
    load: options.load ?? idleLoad,
  });
  engine.start();
  const until = async (condition: () => boolean | Promise<boolean>) => {
    while (!(await condition())) await clock.advance(10);
  };
  const tipHash = () => {
    using view = engine.view();
    return view?.position?.tip.hash;
  };
  return {
    engine,
    nodes,
    store,
    clock,
    until,
    untilTip: (hash) => until(() => tipHash() === hash || tipHash()?.startsWith(`${hash}-`) === true),
    stop: async () => {
      await engine.stop();
      await threads?.close();
    },
  };
}

function pluginFor(chain: TestChain): [ChainPlugin, string] {
  if (chain.hasCoins) return [coinsPlugin, urlOf("test-coins-plugin.ts")];
  return chain.skipsHeights ? [slotsPlugin, urlOf("test-slots-plugin.ts")] : [accountsPlugin, urlOf("test-plugin.ts")];
}

function seatEach(names: readonly string[]): ChainConfig["nodes"] {
  return names.map((name, i) => ({
    name,
    url: "http://127.0.0.1:1",
    operator: `operator-${i}`,
    region: `region-${i % 2}`,
  }));
}

/** The digest that a fresh import of the chain ends with. */
export async function freshDigest(chain: TestChain): Promise<string | undefined> {
  const run = await runEngine(chain, { operators: 1 });
  try {
    await run.untilTip(chain.tip.ref.hash);
    using view = run.engine.view();
    return view?.position?.digest;
  } finally {
    await run.stop();
    await run.store.close();
  }
}
