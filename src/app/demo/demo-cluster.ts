import type { Clock } from "../../core/clock.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { SolanaCluster } from "../../testing/solana/cluster.ts";
import { genesisTimeFor, runSlots, SLOT_MS } from "../../testing/solana/run-slots.ts";
import { SOLANA_SEATS, SolanaNode } from "../../testing/solana/solana-node.ts";
import { loadSvm } from "../../testing/solana/svm/native.ts";
import { SolanaTraffic } from "../../testing/solana/traffic/traffic.ts";
import type { DemoOffer, DemoPart } from "./demo-part.ts";

/** Slots of the history that is there before the service starts: more than it takes for a block to be finalized. */
const HISTORY_SLOTS = 64;
/** In the history, the first of some slots without a block: to be asked for. */
const SKIPPED_SLOT = 40;
/** Blocks that are kept, of which the service needs the newest few: a demo may run for days. */
const KEPT_BLOCKS = 2_000;
/** One slot in so many follows on some that are skipped. */
const SKIP_SHARE = 15;
/** Slots until nodes fork: a minute at first, so that whoever looks around for the first time is in peace. */
const FIRST_FORK_SLOTS = 150;
const FORK_SLOTS = { least: 50, most: 100 };
const MOST_SKIPPED = 4;
const MOST_FORKED = 4;
const MOST_TRANSACTIONS = 5;

/** What the Solana virtual machine's absence leaves of it, or the cluster. @param platform of which the machine is */
export function offerCluster(platform?: string): DemoOffer {
  try {
    loadSvm(platform);
  } catch (error) {
    return { text: `Solana is left out of this demo. ${asHeadwaterError(error).message}` };
  }
  return {
    text: [
      "Starting a local cluster of Solana: operators juniper and larch, in eu-west and us-east. It is no validator: the real",
      "virtual machine (litesvm) runs really signed transactions in this process; slots, votes and forks are of our own making.",
    ].join("\n"),
    start: (clock) => DemoCluster.start(clock),
  };
}

/** The demo's Solana: one chain as nodes of two operators tell it, with traffic, skipped slots and forks without end. */
class DemoCluster implements DemoPart {
  readonly alias = "cluster";
  readonly historyHeight: number;
  readonly pace =
    `a slot every ${SLOT_MS / 1000} s; some are skipped, and now and then nodes leave their newest blocks for others`;
  readonly #cluster: SolanaCluster;
  readonly #nodes: readonly SolanaNode[];
  readonly #traffic: SolanaTraffic;
  readonly #random: SeededRandom;
  readonly #clock: Clock;
  readonly #genesisTime: number;

  private constructor(cluster: SolanaCluster, nodes: readonly SolanaNode[], clock: Clock, genesisTime: number) {
    const seed = Math.floor(clock.now() / 1000);
    this.#cluster = cluster;
    this.#nodes = nodes;
    this.#clock = clock;
    this.#genesisTime = genesisTime;
    this.#traffic = new SolanaTraffic(cluster, { seed });
    this.#random = new SeededRandom(seed);
    // What is confirmed of the history: that is what the service indexes.
    this.historyHeight = HISTORY_SLOTS - cluster.confirmedBlocks;
  }

  static async start(clock: Clock): Promise<DemoCluster> {
    const genesisTime = genesisTimeFor(clock, HISTORY_SLOTS);
    const cluster = new SolanaCluster({ seed: `demo ${genesisTime}`, genesisTime, keptBlocks: KEPT_BLOCKS });
    const nodes = await Promise.all(SOLANA_SEATS.map((seat) => SolanaNode.start(cluster, seat)));
    return new DemoCluster(cluster, nodes, clock, genesisTime);
  }

  get variables(): Record<string, string> {
    const pairs = this.#nodes.flatMap(({ url, wsUrl }, i) => [
      [`DEMO_CLUSTER_NODE_${i + 1}`, url],
      [`DEMO_CLUSTER_NODE_${i + 1}_WS`, wsUrl],
    ]);
    return { ...Object.fromEntries(pairs), DEMO_CLUSTER_CHAIN: `solana:${this.#cluster.genesisHash.slice(0, 32)}` };
  }

  paths(chain: string): string[] {
    const account = `/v1/accounts/${chain}:${this.#traffic.busyAccount}`;
    const own = `/v1/chains/${this.alias}`;
    return [own, `${account}/balances`, `${account}/transactions?limit=3`, `${own}/blocks/${SKIPPED_SLOT}`];
  }

  async makeHistory(signal: AbortSignal): Promise<void> {
    this.#traffic.setUp();
    while (this.#cluster.tip.slot < HISTORY_SLOTS && !signal.aborted) {
      this.#send();
      if (this.#cluster.followed.nextSlot === SKIPPED_SLOT) this.#cluster.skipSlots(MOST_SKIPPED);
      this.#cluster.makeSlot();
    }
  }

  async keepGoing(signal: AbortSignal, tell: (text: string) => void): Promise<void> {
    // The time that the service took to start.
    const due = Math.floor((this.#clock.now() / 1000 - this.#genesisTime) / (SLOT_MS / 1000));
    this.#cluster.skipSlots(Math.max(0, due - this.#cluster.followed.nextSlot));
    let forkAt = this.#cluster.tip.slot + FIRST_FORK_SLOTS;
    await runSlots(this.#cluster, {
      clock: this.#clock,
      signal,
      beforeSlot: () => {
        if (this.#cluster.tip.slot >= forkAt) {
          forkAt = this.#cluster.tip.slot + this.#random.integer(FORK_SLOTS.least, FORK_SLOTS.most);
          tell(this.#fork());
        } else if (this.#random.integer(1, SKIP_SHARE) === 1) {
          this.#cluster.skipSlots(this.#random.integer(1, MOST_SKIPPED));
        }
        this.#send();
      },
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }

  #send(): void {
    this.#traffic.send(this.#random.integer(1, MOST_TRANSACTIONS));
  }

  /** Deeper than on mainnet, where no confirmed block was ever left: so that the service has something to take back. */
  #fork(): string {
    const depth = this.#random.integer(2, MOST_FORKED);
    const { followed, confirmedBlocks } = this.#cluster;
    const branch = this.#cluster.fork(depth);
    this.#cluster.makeSlots(depth, branch);
    this.#cluster.skipSlots(Math.max(0, followed.nextSlot - branch.nextSlot), branch);
    this.#cluster.follow(branch);
    const confirmed = depth - confirmedBlocks;
    return `cluster: the nodes left their newest ${depth} blocks for others, ${confirmed} of them confirmed.`;
  }
}
