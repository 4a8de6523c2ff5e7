import type { CallOptions, Chain } from "../core/contracts/plugin.ts";
import type { Holding } from "../core/contracts/wallet.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import type { AgreedReads } from "./agreed-reads.ts";
import { type Asked, type BalancePair, reasonUnsettled, tooFew, unreadable } from "./balance-verdicts.ts";
import type { Finish } from "./operator-poll.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { assertNotBefore, type BackLeader } from "./recent-balances.ts";

type Told = readonly Holding[] | null;

/**
 * Asks nodes for the places in which balances lie after a block, on chains whose nodes know the newest state only: of as many
 * operators as agreement takes, led back by the ledger as balances are.
 */
export class HoldingReader {
  readonly #chain: Chain;
  readonly #reads: AgreedReads;
  readonly #back: BackLeader;

  constructor(chain: Chain, reads: AgreedReads, back: BackLeader) {
    this.#chain = chain;
    this.#reads = reads;
    this.#back = back;
  }

  /** The answers are in the order of the pairs: what enough operators told alike, or why there is none. @throws the signal's reason */
  async read(
    pairs: readonly BalancePair[],
    at: BlockRef,
    signal?: AbortSignal,
  ): Promise<readonly (readonly Holding[] | ErrorData)[]> {
    if (pairs.length === 0) return [];
    const asked: Asked = { chainId: this.#chain.info.id, at, quorum: this.#reads.quorum };
    const poll = await this.#reads.poll(pairs, {
      read: (node, open, call) => this.#read(node, open, at, call),
      keyOf: (told) => (told === null ? null : told.map(({ address, amount }) => `${address} ${amount}`).join()),
      what: `${asked.chainId}: holdings after block ${at.height}`,
      work: "read",
      need: { data: "state", height: at.height },
      signal,
    });
    if (!poll) {
      const error = errorToData(tooFew(this.#reads.nodes.nodes, asked));
      return pairs.map(() => error);
    }
    return poll.items.map((polled, i) => {
      const told = polled.settled?.said;
      if (told) return told;
      const pair = pairs[i] as BalancePair;
      if (told === null) return errorToData(unreadable(pair, asked));
      const answers = polled.answers.map(({ node }) => `${node.config.operator} says its own`);
      return errorToData(reasonUnsettled(pair, answers, new Map([...poll.failures, ...polled.failures]), asked));
    });
  }

  async #read(
    { client, config }: PoolNode,
    pairs: readonly BalancePair[],
    at: BlockRef,
    call: CallOptions,
  ): Promise<Finish<Told>> {
    if (!client.listHoldings) {
      const text = `node ${config.name} does not tell in which places a balance lies`;
      throw new HeadwaterError("node-method-unsupported", text, { details: { node: config.name } });
    }
    const told = await client.listHoldings(pairs, at.height, call);
    assertNotBefore(at, told, config.name);
    return (signal) => this.#back.leadHoldings(pairs, at, { node: config.name, told }, signal);
  }
}
