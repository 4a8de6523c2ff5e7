import type { ErrorCode, HeadwaterError } from "../../core/errors.ts";

/** Of these a node does not change its mind within a request. */
const FOR_GOOD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "node-block-skipped",
  "node-history-pruned",
  "node-method-unsupported",
  "node-response-too-large",
  "node-wrong-chain",
]);

/** How often a node is asked of which the error says that another one should be: the others may have failed as well. */
const TURNS_AT_MOST = 3;

/** Between two rounds over all nodes, doubled from one to the next. */
const PAUSE_FIRST_MS = 50;
const PAUSE_LONGEST_MS = 2_000;

/**
 * Who of several may still be asked within one request, by what their errors say: another node at once, the same one only
 * after every other had its turn and after a pause.
 */
export class Turns<Node> {
  readonly #attempts: number;
  readonly #turns = new Map<Node, number>();
  readonly #askedThisRound = new Set<Node>();
  readonly #excluded = new Set<Node>();
  #round = 0;
  #afterMs: number | undefined;
  asked = 0;
  /** The newest failure. */
  last: HeadwaterError | undefined;

  /** @param attempts how often anybody is asked in all */
  constructor(attempts: number) {
    this.#attempts = attempts;
  }

  get left(): number {
    return this.#attempts - this.asked;
  }

  /** Those of the nodes that have not had their turn in this round. */
  open(nodes: readonly Node[]): Node[] {
    return nodes.filter((node) => !this.#askedThisRound.has(node) && !this.#excluded.has(node));
  }

  begin(node: Node): void {
    this.asked++;
    this.#askedThisRound.add(node);
    this.#turns.set(node, (this.#turns.get(node) ?? 0) + 1);
  }

  fail(node: Node, error: HeadwaterError): void {
    this.last = error;
    const { sameNode, otherNode, afterMs = 0 } = error.retry;
    this.#afterMs = Math.min(this.#afterMs ?? afterMs, afterMs);
    const turns = this.#turns.get(node) ?? 0;
    if (FOR_GOOD.has(error.code) || (!sameNode && (!otherNode || turns >= TURNS_AT_MOST))) this.#excluded.add(node);
  }

  /**
   * Begins another round.
   * @param random from 0 to 1: requests that failed together do not come back together
   * @returns how long to wait before, milliseconds; undefined where none of the nodes may be asked again
   */
  nextRound(nodes: readonly Node[], random: number): number | undefined {
    if (!nodes.some((node) => !this.#excluded.has(node))) return undefined;
    this.#askedThisRound.clear();
    const pauseMs = Math.min(PAUSE_FIRST_MS * 2 ** this.#round++, PAUSE_LONGEST_MS) * (0.5 + random / 2);
    const waitMs = Math.max(pauseMs, this.#afterMs ?? 0);
    this.#afterMs = undefined;
    return waitMs;
  }
}
