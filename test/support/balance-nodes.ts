import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import type { Chain, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { StoredEvidence } from "../../src/core/contracts/records.ts";
import type { ChainLedger } from "../../src/core/contracts/store.ts";
import type { WireAnswer, WireRequest } from "../../src/core/contracts/wire.ts";
import { sealBlock } from "../../src/core/ledger/seal.ts";
import { AgreedReads } from "../../src/sync/agreed-reads.ts";
import { EvidenceLog } from "../../src/sync/agreement/evidence-log.ts";
import type { Quorum } from "../../src/sync/agreement/quorum.ts";
import { BalanceAsker } from "../../src/sync/ask-balances.ts";
import { HoldingReader } from "../../src/sync/holdings.ts";
import { LedgerWatch } from "../../src/sync/ledger-watch.ts";
import { NodePool } from "../../src/sync/pool/node-pool.ts";
import { BackLeader } from "../../src/sync/recent-balances.ts";
import type { TestChain } from "../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import plugin from "../../src/testing/chain/test-plugin.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { openMemoryStore } from "./memory-store.ts";

const CHAIN_ID = "test:balances";

export type Prove = NonNullable<ChainNode["proveBalances"]>;

/** A node that a test asks for balances: it tells what `says` says, and can be made to hang. */
export class BalanceNode extends TestNode {
  /** What it was asked for, an entry a call: `account asset`, joined by commas. */
  readonly asked: string[] = [];
  says: (account: string, asset: string) => bigint | null | Error = () => 100n;
  hangs = false;
  prove: Prove | undefined;
  names: ChainNode["readAssetInfo"] | undefined;
  holdings: ChainNode["listHoldings"];
  #now: string[] = [];

  protected override balanceOf({ account, asset }: { account: string; asset: string }): bigint | null {
    this.#now.push(`${account} ${asset}`);
    const said = this.says(account, asset);
    if (said instanceof Error) throw said;
    return said;
  }

  override async post(request: WireRequest): Promise<WireAnswer> {
    if (this.hangs) {
      this.asked.push("hangs");
      await new Promise((_, reject) => {
        request.signal?.addEventListener("abort", () => reject(request.signal?.reason), { once: true });
      });
    }
    this.#now = [];
    const answer = await super.post(request);
    if (this.#now.length > 0) this.asked.push(this.#now.join());
    return answer;
  }
}

export type BalanceNodes = {
  readonly asker: BalanceAsker;
  readonly reads: AgreedReads;
  readonly holdings: HoldingReader;
  readonly pool: NodePool;
  readonly nodes: readonly BalanceNode[];
  readonly clock: FakeClock;
  readonly ledger: ChainLedger;
  /** Lets the ledger stand on this chain, which shares its first block, and tells those who wait for that. */
  index(chain: TestChain): Promise<void>;
  /** What was kept against nodes, newest first. */
  evidence(): Promise<readonly StoredEvidence[]>;
  close(): Promise<void>;
};

/** Where nodes stand: an entry each, `operator` or `operator/region`. */
export type Seating = readonly string[];

/**
 * Nodes in memory behind the real pool, all of them probed and on the chain's tip, and the real asker without chance:
 * operators are asked in the order in which they are seated.
 */
export async function openBalanceNodes(
  chain: TestChain,
  seating: Seating,
  quorum: Partial<Quorum> = {},
  prepare: (nodes: readonly BalanceNode[]) => void = () => {},
  options: ChainConfig["options"] = {},
  scope: ChainConfig["index"]["scope"] = "all",
): Promise<BalanceNodes> {
  const nodes = seating.map((_, i) => new BalanceNode(`node-${i}`, CHAIN_ID, chain));
  prepare(nodes);
  const config: ChainConfig = {
    id: CHAIN_ID,
    plugin: "test",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: seating.map((seat, i) => {
      const [operator = "", region = "eu"] = seat.split("/");
      return { name: `node-${i}`, url: "http://127.0.0.1:1", operator, region };
    }),
    options,
  };
  const clock = new FakeClock(chain.tip.ref.time);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const pool = new NodePool({
    config,
    chain: withProofs(plugin.open(config), byName),
    clock,
    random: () => 0,
    openWire: ({ name }) => byName.get(name) as BalanceNode,
  });
  for (const node of pool.nodes) {
    const proves = byName.get(node.config.name)?.prove !== undefined;
    node.noteProbe({ chainId: CHAIN_ID, syncing: false, clientVersion: "test/1", capabilities: [], proves });
    pool.noteTips(node, { tip: chain.tip.ref, safe: null, finalized: null });
  }
  const store = await openMemoryStore();
  const evidence = new EvidenceLog(CHAIN_ID, store.records, silentLogger);
  const stop = new AbortController();
  const needed = { operators: Math.floor(pool.operators / 2) + 1, regions: 1, ...quorum };
  const reads = new AgreedReads({ nodes: pool, clock, quorum: needed, random: () => 0 });
  const opened = plugin.open(config);
  const ledger = await store.openChain({ chain: CHAIN_ID, profile: "test/1", startHeight: 0, scope });
  const watch = new LedgerWatch(clock);
  const index = async (to: TestChain) => {
    let from = ledger.position?.tip;
    using view = ledger.view();
    while (from && to.block(from.hash) === undefined) from = (await view.block(from.parentHash))?.ref;
    if (from) await ledger.rollback(from);
    const above = to.blocks.filter(({ ref }) => ref.height > (from?.height ?? -1));
    await ledger.commit(above.map((block) => sealBlock(block)));
    watch.note();
  };
  await index(chain);
  const back = new BackLeader(opened, ledger, watch);
  const asker = new BalanceAsker({
    ...{ chain: opened, reads, back, logger: silentLogger, evidence },
    stopped: stop.signal,
  });
  return {
    asker,
    reads,
    holdings: new HoldingReader(opened, reads, back),
    pool,
    nodes,
    clock,
    ledger,
    index,
    evidence: async () => {
      await evidence.settled();
      return await store.records.evidence(CHAIN_ID, 100);
    },
    close: async () => {
      stop.abort();
      await asker.settled();
      await evidence.settled();
      await pool.close();
      await store.close();
    },
  };
}

/** The chain with clients that prove, where the test's node does. */
function withProofs(chain: Chain, nodes: ReadonlyMap<string, BalanceNode>): Chain {
  return {
    ...chain,
    connect: (transport) => {
      const client = chain.connect(transport);
      const node = nodes.get(transport.node);
      const proveBalances: Prove = async (...asked) => (await node?.prove?.(...asked)) ?? [];
      const { readAssetInfo } = client;
      const names: ChainNode["readAssetInfo"] = (...asked) => (node?.names ?? readAssetInfo.bind(client))(...asked);
      const listHoldings = node?.holdings;
      return Object.assign(
        client,
        { readAssetInfo: names },
        node?.prove && { proveBalances },
        listHoldings && { listHoldings },
      );
    },
  };
}
