import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, createApi } from "../../src/api/create-api.ts";
import { DECLARED_METRICS } from "../../src/app/declared-metrics.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { HeadwaterError } from "../../src/core/errors.ts";
import type { Output } from "../../src/core/model.ts";
import { measureLoad, type ProcessLoad } from "../../src/telemetry/load-gauge.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { measureProcess } from "../../src/telemetry/process-metrics.ts";
import { unspentAfter } from "../../src/testing/chain/coin-recipe.ts";
import { TestChain } from "../../src/testing/chain/test-chain.ts";
import { type EngineUnderTest, runEngine } from "../support/engine.ts";
import { openMemoryStore } from "../support/memory-store.ts";

let under: EngineUnderTest;
let load: ProcessLoad;
let api: Api;
let text: string;
/** Of a service whose nodes tell of unconfirmed transactions, too. */
let textWithPending: string;
/** Of a service that keeps watched accounts alone. */
let textOfWatched: string;

/** The value of one series; its labels in any order. Undefined where there is none. */
function sample(name: string, labels: Readonly<Record<string, string>> = {}, of = text): number | undefined {
  for (const line of of.split("\n")) {
    const [, series, shown = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (series !== name) continue;
    if (Object.entries(labels).every(([key, wanted]) => `,${shown},`.includes(`,${key}="${wanted}",`))) {
      return Number(value);
    }
  }
  return undefined;
}

/** A whole service but for its sockets, over three nodes, through what happens to one: refusals, a broken block, a reorg. */
beforeAll(async () => {
  const metrics = createMetrics(silentLogger);
  metrics.declare(DECLARED_METRICS);
  load = measureLoad();
  measureProcess(metrics, load);
  const store = await openMemoryStore(metrics);
  const chain = TestChain.build(40, Date.UTC(2026, 0, 1));
  const busy = new HeadwaterError("node-throttled", "429", {
    retry: { sameNode: true, otherNode: true, afterMs: 200 },
  });
  under = await runEngine(chain, {
    store,
    metrics,
    load,
    config: { lag: { targetSeconds: 5, maxSeconds: 1_000_000 } },
    prepare: ([first, second]) => {
      let refusals = 3;
      if (first) first.fail = (method) => (method === "fetchBlock" && refusals-- > 0 ? busy : undefined);
      if (second) second.serve = (block) => ({ ...block, ref: { ...block.ref, hash: `${block.ref.hash}-forged` } });
    },
  });
  await under.untilTip(chain.tip.ref.hash);
  const fork = chain.fork(37, "fork", 4);
  for (const node of under.nodes) node.chain = fork;
  await under.untilTip(fork.tip.ref.hash);
  await under.until(() => under.engine.status().state === "synced");
  api = createApi({ services: [under.engine], clock: under.clock, metrics, load, expose: () => metrics.expose() });
  await api.inject("/v1/chains");
  await api.inject("/v1/chains/nowhere");
  text = (await api.inject("/metrics")).body;
  textWithPending = await scrapePending();
  textOfWatched = await scrapeWatched();
});

/** What a scrape tells after a transaction was pending, and dropped by all nodes. */
async function scrapePending(): Promise<string> {
  const metrics = createMetrics(silentLogger);
  metrics.declare(DECLARED_METRICS);
  const chain = TestChain.buildCoins(12, Date.UTC(2026, 0, 1));
  const coins = await runEngine(chain, { metrics, inline: true });
  try {
    await coins.untilTip(chain.tip.ref.hash);
    const [coin] = [...unspentAfter(chain.blocks).values()].slice(4) as [Output];
    const pay = { id: "tx-pay", coinbase: false, spends: [coin.id], makes: [{ account: "shop", amount: coin.amount }] };
    for (const node of coins.nodes) node.pending = [pay];
    const found = () => coins.engine.pending?.find("tx-pay");
    await coins.until(() => found() !== undefined);
    for (const node of coins.nodes) node.pending = [];
    await coins.until(() => "end" in (found() ?? {}));
    return (await metrics.expose()).text;
  } finally {
    await coins.stop();
    await coins.store.close();
  }
}

/** What a scrape tells while one account is watched. */
async function scrapeWatched(): Promise<string> {
  const metrics = createMetrics(silentLogger);
  metrics.declare(DECLARED_METRICS);
  const chain = TestChain.build(6, Date.UTC(2026, 0, 1));
  const index = { from: 0, scope: "watched", verify: "full" } as const;
  const watching = await runEngine(chain, { metrics, inline: true, config: { index } });
  try {
    await watching.untilTip(chain.tip.ref.hash);
    await watching.engine.watchlist?.watch(["shop"]);
    return (await metrics.expose()).text;
  } finally {
    await watching.stop();
    await watching.store.close();
  }
}

afterAll(async () => {
  await api.close();
  await under.stop();
  await under.store.close();
  load.close();
});

it("every metric that is declared is written by a service at work", () => {
  const silent = DECLARED_METRICS.filter(({ name, type }) => {
    const series = type === "histogram" ? `${name}_count` : name;
    return [text, textWithPending, textOfWatched].every((of) => sample(series, {}, of) === undefined);
  });
  const evicted = { chain: "test:one", result: "evicted" };
  expect(sample("headwater_pending_ended_total", evicted, textWithPending)).toBe(1);
  expect(sample("headwater_watched_accounts", { chain: "test:one" }, textOfWatched)).toBe(1);
  expect(silent.map(({ name }) => name)).toEqual([]);
});

it("a scrape and docs/metrics.md tell of the same metrics, of the same types", () => {
  const paper = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const written = [...paper.matchAll(/^\| `(headwater_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`);
  const scraped = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(scraped.sort()).toEqual(written.sort());
});

describe("what they say", () => {
  const chain = "test:one";

  it("is what the chain's status says", () => {
    const { state, agreedTip, lagBlocks } = under.engine.status();
    expect(sample("headwater_sync_state", { chain, state })).toBe(1);
    expect(sample("headwater_sync_state", { chain, state: "stalled" })).toBe(0);
    expect(sample("headwater_conflict", { chain })).toBe(0);
    expect(sample("headwater_agreed_height_blocks", { chain })).toBe(agreedTip?.height);
    expect(sample("headwater_indexed_height_blocks", { chain })).toBe(41);
    expect(sample("headwater_lag_blocks", { chain })).toBe(lagBlocks);
    expect(sample("headwater_agreement_operators", { chain })).toBe(agreedTip?.agreement.operators);
    expect(sample("headwater_agreement_required_operators", { chain })).toBe(2);
    expect(sample("headwater_agreement_regions", { chain })).toBe(2);
  });

  it("is what happened to the ledger", () => {
    expect(sample("headwater_committed_blocks_total", { chain })).toBe(44);
    expect(sample("headwater_reorg_depth_blocks_sum", { chain })).toBe(2);
    expect(sample("headwater_verify_checks_total", { chain, check: "hash", result: "passed" })).toBeGreaterThanOrEqual(
      44,
    );
    expect(sample("headwater_verify_checks_total", { chain, check: "hash", result: "failed" })).toBeGreaterThan(0);
    expect(sample("headwater_evidence_total", { chain, kind: "integrity-violation" })).toBeGreaterThan(0);
  });

  it("is what happened to the nodes", () => {
    const [first, second] = under.nodes.map(({ name }) => ({ chain, node: name }));
    expect(sample("headwater_node_throttled_total", first)).toBeGreaterThan(0);
    expect(sample("headwater_node_errors_total", { ...first, code: "node-throttled" })).toBe(
      sample("headwater_node_throttled_total", first),
    );
    expect(sample("headwater_node_throttled_total", second)).toBe(0);
    expect(sample("headwater_node_allowed_requests_per_second", second)).toBeUndefined();
    const states = under.engine.nodes().map(({ name, state }) => sample("headwater_node_state", { node: name, state }));
    expect(states).toEqual([1, 1, 1]);
  });
});
