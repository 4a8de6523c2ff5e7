import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { idleLoad, noMetrics } from "../../src/core/contracts/metrics.ts";
import type { LedgerStore } from "../../src/core/contracts/store.ts";
import type { NodeWire } from "../../src/core/contracts/wire.ts";
import { ChainEngine } from "../../src/sync/chain-engine.ts";
import type { FakeClock } from "../../src/testing/fake-clock.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { FaultyNode } from "../../src/testing/faulty-node/faulty-node.ts";
import { FaultyWire } from "../../src/testing/faulty-node/faulty-wire.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { openMemoryStore } from "../support/memory-store.ts";
import type { SimulatedFamily, SimulatedNode } from "./family.ts";
import { HonestLedger } from "./honest-ledger.ts";
import { decodeInline } from "./inline-decoder.ts";
import { LatentWire } from "./latent-wire.ts";
import type { Trace } from "./trace.ts";
import { Witness } from "./witness.ts";
import type { WorldPlan } from "./world-plan.ts";

const REGIONS = 3;
export const LAG = { targetSeconds: 5, maxSeconds: 20 };

/** All that takes part in a run, none of it started. */
export type Cast = {
  readonly nodes: readonly SimulatedNode[];
  readonly witness: Witness;
  readonly ledger: HonestLedger;
  readonly store: LedgerStore;
  readonly engine: ChainEngine;
};

export async function assemble(
  seed: number,
  family: SimulatedFamily,
  world: WorldPlan,
  faults: readonly (readonly Fault[])[],
  clock: FakeClock,
  trace: Trace,
): Promise<Cast> {
  const nodes = faults.map((_, i) => family.node(`node-${i}`, world.first, clock));
  const feeds = new SeededRandom(seed ^ 0xfeed);
  const config = configFor(family, nodes, feeds.integer(0, 1) === 1);
  const witness = new Witness(new Map(config.nodes.map((node) => [node.name, node])));
  const ledger = new HonestLedger({ chain: family.chain, profile: family.profile, startHeight: 0 }, family.owned);
  for (const chain of [world.first, ...world.moves.map((move) => move.chain)]) {
    witness.know(chain);
    ledger.know(chain);
  }
  const wires = new Map<string, NodeWire>();
  for (const [i, node] of nodes.entries()) {
    const upstream = new LatentWire(
      node.wire,
      clock,
      new SeededRandom(seed + 17 * i),
      config.nodes[i]?.ws !== undefined,
    );
    const faulty = new FaultyNode({
      upstream,
      dialect: family.dialect,
      script: { seed: seed + i, faults: faults[i] ?? [] },
      clock,
      onFault: ({ kind, methods }) => trace.note(`${node.name} ${kind} ${methods.join("+")}`),
    });
    wires.set(node.name, new FaultyWire(faulty, { name: node.name, upstream, clock }));
  }
  const overheard = witness.overhear(family.plugin);
  const random = new SeededRandom(seed ^ 0xe61e);
  const store = await openMemoryStore();
  const engine = new ChainEngine({
    config,
    plugin: overheard,
    store,
    decodePool: decodeInline(family.plugin.open(config), (node, ref) => witness.note(node, ref)),
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    load: idleLoad,
    random: () => random.next(),
    region: "region-0",
    openWire: (node) => wires.get(node.name) as NodeWire,
  });
  return { nodes, witness, ledger, store, engine };
}

function configFor(family: SimulatedFamily, nodes: readonly SimulatedNode[], feeds: boolean): ChainConfig {
  return {
    id: family.chain,
    plugin: family.pluginName,
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: LAG,
    nodes: nodes.map(({ name }, i) => ({
      name,
      url: "http://127.0.0.1:1",
      ...(feeds && { ws: "ws://127.0.0.1:1" }),
      operator: `operator-${i}`,
      region: `region-${i % REGIONS}`,
    })),
    options: family.options,
  };
}
