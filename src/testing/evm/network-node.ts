import { HeadwaterError } from "../../core/errors.ts";
import { Anvil, type AnvilOptions } from "./anvil.ts";
import { NodeClient } from "./node-client.ts";

/** Who runs a node, and where. */
export type NodeSeat = { readonly name: string; readonly operator: string; readonly region: string };

/** A signed transaction in its network form (EIP-2718), as hex with `0x`. */
export type RawTransaction = string;

export type TestBlock = {
  readonly height: number;
  readonly hash: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  /** The transactions' hashes, in the block's order. */
  readonly ids: readonly string[];
};

/** What every node of the network does in the same order: mine these transactions at this time, or take blocks back. */
export type Step =
  | { readonly kind: "mine"; readonly transactions: readonly RawTransaction[]; readonly timestamp: number }
  | { readonly kind: "rollback"; readonly depth: number };

type RpcBlock = { number: string; hash: string; timestamp: string; transactions: (string | { hash: string })[] };

/** One node of the test network: a process that may be paused, stopped and started again, and the blocks it was given. */
export class NetworkNode {
  readonly name: string;
  readonly operator: string;
  readonly region: string;
  readonly client: NodeClient;
  readonly #options: AnvilOptions;
  #anvil: Anvil;
  #paused = false;
  #genesis: TestBlock | undefined;
  #blocks: TestBlock[] = [];
  /** How many steps of the network's log it has taken; undefined on a fork of its own. */
  #steps: number | undefined = 0;

  constructor(seat: NodeSeat, anvil: Anvil, options: AnvilOptions) {
    this.name = seat.name;
    this.operator = seat.operator;
    this.region = seat.region;
    this.#anvil = anvil;
    this.#options = { ...options, port: anvil.port };
    this.client = new NodeClient(anvil.url);
  }

  get url(): string {
    return this.#anvil.url;
  }

  get wsUrl(): string {
    return this.#anvil.wsUrl;
  }

  get pid(): number {
    return this.#anvil.pid;
  }

  get state(): "running" | "paused" | "stopped" {
    if (!this.#anvil.running) return "stopped";
    return this.#paused ? "paused" : "running";
  }

  get genesis(): TestBlock {
    if (!this.#genesis) throw new HeadwaterError("test-node-failed", `${this.name}: its genesis block was not read`);
    return this.#genesis;
  }

  get head(): TestBlock {
    return this.#blocks.at(-1) ?? this.genesis;
  }

  async readGenesis(): Promise<void> {
    const block = await this.client.call("eth_getBlockByNumber", "0x0", false);
    this.#genesis = toTestBlock(block as RpcBlock);
  }

  /** Whether it holds just the steps of the network's log up to `length`. */
  isAt(length: number): boolean {
    return this.state === "running" && this.#steps === length;
  }

  /**
   * Mines one block on this node alone, which puts it on a fork of its own until it rejoins.
   * @throws HeadwaterError `test-node-failed` when a transaction is refused or left out
   */
  async mineAlone(transactions: readonly RawTransaction[], timestamp: number): Promise<TestBlock> {
    this.#steps = undefined;
    return await this.#mine(transactions, timestamp);
  }

  /**
   * Takes one step of the network's log, which may be a block's transactions and time without its hash yet.
   * @returns the node's head after it
   */
  async take(step: Step): Promise<TestBlock> {
    if (this.#steps === undefined) throw new HeadwaterError("test-node-failed", `${this.name} is on a fork of its own`);
    const next = this.#steps + 1;
    // A step that fails half-way leaves the node in no known place.
    this.#steps = undefined;
    if (step.kind === "mine") await this.#mine(step.transactions, step.timestamp);
    else await this.#rollback(step.depth);
    this.#steps = next;
    return this.head;
  }

  /**
   * Starts or wakes the node and takes the steps of the log that it misses. A node on a fork of its own starts over:
   * anvil's `mixHash` depends on how many blocks the process has mined, those taken back included.
   */
  async rejoin(log: readonly Step[]): Promise<void> {
    if (this.#steps === undefined) await this.#anvil.kill();
    if (!this.#anvil.running) {
      this.#anvil = await Anvil.start(this.#options);
      this.#blocks = [];
      this.#steps = 0;
    } else if (this.#paused) {
      this.#anvil.resume();
    }
    this.#paused = false;
    for (const step of log.slice(this.#steps)) await this.take(step);
  }

  /** Makes the node hang: it accepts connections and answers nothing. */
  pause(): void {
    this.#anvil.pause();
    this.#paused = true;
  }

  /** Ends it cleanly. May be called twice. */
  async stop(): Promise<void> {
    await this.#anvil.stop();
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#anvil.kill();
  }

  async #mine(transactions: readonly RawTransaction[], timestamp: number): Promise<TestBlock> {
    // Two requests: anvil works on the calls of one batch at once, and the block must not come before its transactions.
    const sent = await this.client.batch(
      transactions.map((raw) => ({ method: "eth_sendRawTransaction", params: [raw] })),
    );
    const mined = (await this.client.call("evm_mine_detailed", { timestamp })) as RpcBlock[];
    const block = toTestBlock(mined[0] as RpcBlock);
    this.#blocks.push(block);
    if (block.ids.length !== sent.length || block.ids.some((id, i) => id !== sent[i])) {
      const what = `holds ${block.ids.length} transactions, not the ${sent.length} given, or not in their order`;
      throw new HeadwaterError("test-node-failed", `${this.name}: block ${block.height} ${what}`);
    }
    return block;
  }

  async #rollback(depth: number): Promise<void> {
    await this.client.call("anvil_rollback", depth);
    this.#blocks = this.#blocks.slice(0, this.#blocks.length - depth);
  }
}

function toTestBlock(block: RpcBlock): TestBlock {
  return {
    height: Number(block.number),
    hash: block.hash,
    timestamp: Number(block.timestamp),
    ids: block.transactions.map((transaction) => (typeof transaction === "string" ? transaction : transaction.hash)),
  };
}
