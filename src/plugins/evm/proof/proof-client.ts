import type { CallOptions } from "../../../core/contracts/plugin.ts";
import type { BlockRef } from "../../../core/model.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import { PinnedReads } from "../block-at.ts";
import { type ProofQuestion, type ProvenAccount, verifyAccountProof } from "./account-proof.ts";
import type { StateRoots } from "./state-roots.ts";

/** Proofs that are checked in one go, before other work has the thread: some milliseconds of hashing. */
const PROOFS_A_TURN = 32;

/** eth_getProof of one node, checked against the headers of the chain. */
export class ProofClient {
  readonly node: string;
  readonly #client: JsonRpcClient;
  readonly #roots: StateRoots;
  /** Apart from those of other reads: a node may take other forms of the block's parameter here. */
  readonly #pinned: PinnedReads;

  constructor(client: JsonRpcClient, roots: StateRoots) {
    this.node = client.node;
    this.#client = client;
    this.#roots = roots;
    this.#pinned = new PinnedReads(client);
  }

  /**
   * What the state after the block holds, in the order asked; undefined where the chain's headers prove nothing.
   * @throws IntegrityViolation when a proof does not hold, and the errors of the node where it gives none
   */
  async prove(
    questions: readonly ProofQuestion[],
    at: BlockRef,
    options?: CallOptions,
  ): Promise<ProvenAccount[] | undefined> {
    const read = (block: unknown) =>
      this.#client.batchResults(
        questions.map(({ address, keys }) => ({ method: "eth_getProof", params: [address, keys, block] })),
        options,
      );
    const [root, answers] = await Promise.all([
      this.#roots.find(this.#client, at, options),
      this.#pinned.at(at, read, options),
    ]);
    if (root === null) return undefined;
    const proven: ProvenAccount[] = [];
    for (const [i, question] of questions.entries()) {
      if (i > 0 && i % PROOFS_A_TURN === 0) await nextTurn();
      const where = `node ${this.node}, block ${at.height}, eth_getProof of ${question.address}`;
      proven.push(verifyAccountProof(answers[i], question, root, { node: this.node, where }));
    }
    return proven;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
