import type { Clock } from "../../core/clock.ts";
import { findNodePrograms } from "../../testing/bitcoin/node-programs.ts";
import { RegtestNetwork } from "../../testing/bitcoin/regtest-network.ts";
import { type NodeKind, STAND_IN } from "../../testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic } from "../../testing/bitcoin/traffic.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import type { DemoOffer, DemoPart } from "./demo-part.ts";

/** Seconds between blocks, and after how many of them the chain leaves some of its newest ones. */
const BLOCK_SECONDS = 4;
const REORG_BLOCKS = 8;
const MOST_REORGED = 3;
/** Steps in a row that may fail: whoever tries the demo ends nodes, and the step at hand goes with them. */
const FAILURES_IN_A_ROW = 3;
/** Blocks of the history that is there before the service starts: rewards that may be spent, then traffic. */
const TRAFFIC_BLOCKS = 15;
const HISTORY_BLOCKS = FUNDING_BLOCKS + TRAFFIC_BLOCKS;

/** A real node's program where there is one, else the stand-in. */
export function offerRegtest(env: NodeJS.ProcessEnv): DemoOffer {
  const { programs, missing } = findNodePrograms(env);
  const [program] = programs;
  const who = "operators fern and hazel, in eu-west and us-east";
  if (program) {
    const text = `Starting two nodes of Bitcoin's family (${program.version}): ${who}.`;
    return { text, start: (clock) => DemoRegtest.start(program, clock) };
  }
  return {
    text: [
      `Starting two stand-ins for nodes of Bitcoin's family: ${who}. They are no real nodes: they make a regtest chain of`,
      `their own, and run no scripts. With a real node's program on this machine the demo runs that: ${missing.join("; ")}.`,
    ].join("\n"),
    start: (clock) => DemoRegtest.start(STAND_IN, clock),
  };
}

/** The demo's chain of Bitcoin's family: nodes of two operators that are connected, with traffic and reorgs without end. */
export class DemoRegtest implements DemoPart {
  readonly alias = "regtest";
  readonly historyHeight = HISTORY_BLOCKS;
  readonly pace = `a block every ${BLOCK_SECONDS} s; now and then nodes leave their newest ones for others`;
  readonly network: RegtestNetwork;
  readonly #traffic: RegtestTraffic;
  readonly #clock: Clock;
  readonly #random: SeededRandom;

  private constructor(network: RegtestNetwork, clock: Clock) {
    const seed = Math.floor(clock.now() / 1000);
    this.network = network;
    this.#traffic = new RegtestTraffic({ network: network.terms, seed });
    this.#random = new SeededRandom(seed);
    this.#clock = clock;
  }

  /** @throws HeadwaterError `test-node-failed` */
  static async start(kind: NodeKind, clock: Clock): Promise<DemoRegtest> {
    return new DemoRegtest(await RegtestNetwork.start(kind), clock);
  }

  get variables(): Record<string, string> {
    const pairs = this.network.nodes.map(({ node }, i) => [`DEMO_REGTEST_NODE_${i + 1}`, node.url]);
    return { ...Object.fromEntries(pairs), DEMO_REGTEST_CHAIN: this.network.terms.chain };
  }

  paths(chain: string): string[] {
    // An account that has much to spend at this moment.
    const account = `/v1/accounts/${chain}:${this.#traffic.busyAddress}`;
    return [`/v1/chains/${this.alias}`, `${account}/balances`, `${account}/utxos?limit=3`, `${account}/pending`];
  }

  async makeHistory(signal: AbortSignal): Promise<void> {
    await this.network.mine(FUNDING_BLOCKS, this.#traffic.minerAddress(0));
    for (let i = 0; i < TRAFFIC_BLOCKS && !signal.aborted; i++) await this.#mine(i);
  }

  /**
   * Transactions come between the blocks, so that some are pending at any time; every eighth time the chain leaves its newest
   * blocks for others. Goes on while one node runs.
   */
  async keepGoing(signal: AbortSignal, tell: (text: string) => void): Promise<void> {
    let failures = 0;
    for (let blocks = 1; !signal.aborted; blocks++) {
      try {
        await this.#send();
        // An abort ends the wait; the loop sees it.
        await this.#clock.sleep(BLOCK_SECONDS * 1000, signal).catch(() => undefined);
        if (signal.aborted) return;
        if (blocks % REORG_BLOCKS === 0) tell(await this.#reorg());
        else await this.network.mine(1, this.#traffic.minerAddress(blocks));
        failures = 0;
      } catch (error) {
        if (++failures >= FAILURES_IN_A_ROW) throw error;
        await this.#clock.sleep(BLOCK_SECONDS * 1000, signal).catch(() => undefined);
      }
    }
  }

  async stop(): Promise<void> {
    await this.network.remove();
  }

  async #mine(miner: number): Promise<void> {
    await this.#send();
    await this.network.mine(1, this.#traffic.minerAddress(miner));
  }

  /** Learns what there is to spend each time: after a reorg it is not what was made last. */
  async #send(): Promise<void> {
    await this.#traffic.refill(this.network.first);
    await this.network.send(this.#traffic.next(this.#random.integer(2, 8)).map(({ raw }) => raw));
  }

  async #reorg(): Promise<string> {
    const depth = this.#random.integer(1, MOST_REORGED);
    const second = this.network.node(1);
    await this.network.reorg(depth, this.#traffic.minerAddress(1), second.running ? second : this.network.first);
    return `regtest: the nodes left their newest ${depth} for ${depth + 1} others.`;
  }
}
