import type { PoolNode } from "../pool/pool-node.ts";

/** Which nodes listed a transaction, and when they could have begun to: by each node's place, the number of its list. */
export type Mark = { readonly heard: Int32Array; readonly born: Int32Array };

/** A transaction that so many lists in a row of every answering node do not name is dropped. */
const LISTS_WITHOUT = 2;

type Listener = { readonly node: PoolNode; lists: number; answers: boolean; why: string };

/** Who lists which pending transaction at this moment. A node's newest list is what it says now. */
export class Hearings {
  readonly #listeners: readonly Listener[];

  constructor(nodes: readonly PoolNode[]) {
    this.#listeners = nodes.map((node) => ({ node, lists: 0, answers: false, why: "not asked yet" }));
  }

  /** A mark for a transaction that nobody was heard to list yet. */
  mark(): Mark {
    return {
      heard: Int32Array.from(this.#listeners, () => -1),
      born: Int32Array.from(this.#listeners, ({ lists }) => lists),
    };
  }

  /**
   * The node told a list: what is not noted with the function returned is not on it.
   */
  begin(node: PoolNode): (mark: Mark) => void {
    const place = this.#listeners.findIndex((listener) => listener.node === node);
    const listener = this.#listeners[place] as Listener;
    listener.answers = true;
    const list = ++listener.lists;
    return ({ heard }) => {
      heard[place] = list;
    };
  }

  /** The node does not tell its list, so that it says nothing of anything. */
  noteSilence(node: PoolNode, why: string): void {
    const listener = this.#listeners.find((each) => each.node === node);
    if (listener) Object.assign(listener, { answers: false, why });
  }

  /** How many operators list the transaction. */
  operators({ heard }: Mark): number {
    const operators = new Set<string>();
    for (const [place, { node, lists, answers }] of this.#listeners.entries()) {
      if (answers && heard[place] === lists) operators.add(node.config.operator);
    }
    return operators.size;
  }

  /** Whether every node that answers has left it out of its last lists. Not while none answers. */
  isDropped({ heard, born }: Mark): boolean {
    let answering = 0;
    for (const [place, { lists, answers }] of this.#listeners.entries()) {
      if (!answers) continue;
      answering++;
      if (lists - Math.max(heard[place] as number, born[place] as number) < LISTS_WITHOUT) return false;
    }
    return answering > 0;
  }

  /** How many operators have a node that answers. */
  get answering(): number {
    return new Set(this.#listeners.filter(({ answers }) => answers).map(({ node }) => node.config.operator)).size;
  }

  /** Why nodes do not answer, as `name: why`. */
  get silences(): readonly string[] {
    return this.#listeners.filter(({ answers }) => !answers).map(({ node, why }) => `${node.config.name}: ${why}`);
  }
}
