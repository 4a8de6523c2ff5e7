import type { RegtestNode } from "./regtest-node.ts";
import { amountOf, scanOutputs } from "./scan-outputs.ts";
import type { SpendableOutput, WalletScript } from "./wallet.ts";

/** The outputs that are there to be spent, as one who sends transactions keeps account of them. */
export class Purse {
  #outputs: SpendableOutput[] = [];
  readonly #scripts: ReadonlyMap<string, WalletScript>;

  constructor(scripts: readonly WalletScript[]) {
    this.#scripts = new Map(scripts.map((each) => [Buffer.from(each.script).toString("hex"), each]));
  }

  get outputs(): readonly SpendableOutput[] {
    return this.#outputs;
  }

  /**
   * Forgets all, and takes what the node's chain has for the scripts and its mempool does not spend.
   * @param deepEnough blocks that an output must have upon it: a coinbase waits for 99 before the next may spend it
   */
  async refill(node: RegtestNode, deepEnough = 0): Promise<void> {
    const scan = await scanOutputs(node, [...this.#scripts.keys()]);
    const deep = scan.unspents.filter(({ height }) => scan.height - height >= deepEnough);
    const unspent = await node.client.batch(
      deep.map(({ txid, vout }) => ({ method: "gettxout", params: [txid, vout, true] })),
    );
    this.#outputs = deep
      .filter((_, i) => unspent[i] !== null)
      .map(({ txid, vout, scriptPubKey, amount }) => ({
        id: txid,
        position: vout,
        amount: amountOf(amount),
        owner: this.#scripts.get(scriptPubKey) as WalletScript,
      }))
      .sort((a, b) => (a.id === b.id ? a.position - b.position : a.id < b.id ? -1 : 1));
  }

  /** Takes an output out; the caller spends it. Undefined where there is none of at least this amount. */
  take(at: (count: number) => number, least: bigint): SpendableOutput | undefined {
    const fitting = this.#outputs.filter(({ amount }) => amount >= least);
    const taken = fitting[fitting.length === 0 ? -1 : at(fitting.length)];
    if (taken) this.#outputs = this.#outputs.filter((output) => output !== taken);
    return taken;
  }

  add(...outputs: readonly SpendableOutput[]): void {
    this.#outputs.push(...outputs);
  }
}
