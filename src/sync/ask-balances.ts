import type { Logger } from "../core/contracts/logger.ts";
import type { CallOptions, Chain, ProofQuery, WorkClass } from "../core/contracts/plugin.ts";
import type { BalanceSource } from "../core/contracts/service.ts";
import { asHeadwaterError, type ErrorData, errorToData, IntegrityViolation } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { AgreedReads } from "./agreed-reads.ts";
import type { EvidenceLog } from "./agreement/evidence-log.ts";
import { type Quorum, voiceOf } from "./agreement/quorum.ts";
import { type Asked, amountOf, type BalancePair, type Dissent, dissentIn, tooFew } from "./balance-verdicts.ts";
import type { Finish } from "./operator-poll.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { assertNotBefore, type BackLeader } from "./recent-balances.ts";

/** How many operators it takes to overrule the ledger, where there are so many. */
const WITNESSES = 2;

/** What nodes told, agreed or proven, or why there is no such amount; never 0 for what is not known. */
export type Told = { readonly amount: bigint | ErrorData; readonly source: Exclude<BalanceSource, "ledger"> };

export type BalanceAskerOptions = {
  readonly chain: Chain;
  /** What it takes for a balance to be believed without a proof. */
  readonly reads: AgreedReads;
  /** For nodes that know the newest state only. */
  readonly back: BackLeader;
  readonly logger: Logger;
  readonly evidence: EvidenceLog;
  /** Ends what nobody waits for. */
  readonly stopped: AbortSignal;
};

export type AskOptions = {
  readonly work: WorkClass;
  readonly signal?: AbortSignal | undefined;
  /** Default: as configured. */
  readonly quorum?: Quorum;
};

/**
 * Asks nodes for balances after a block. Few are proven by one node where some node can; all others, and those that cannot
 * be proven, are asked of as many operators as the quorum takes, at the same block hash, or of its own newest block where a node
 * knows no other, and then led back to that block. So no node is believed alone unless the configuration says that one is enough.
 */
export class BalanceAsker {
  readonly #options: BalanceAskerOptions;
  #teaching: Promise<void> | undefined;

  constructor(options: BalanceAskerOptions) {
    this.#options = options;
  }

  /** Whether nodes can be asked for balances after a block of the past, however long ago. */
  get tellsPast(): boolean {
    return this.#options.reads.nodes.nodes.some(({ usable, client }) => usable && !client.readRecentBalances);
  }

  /** The answers are in the order of the pairs. @throws only the signal's reason */
  async ask(pairs: readonly BalancePair[], at: BlockRef, options: AskOptions): Promise<Told[]> {
    const told: Told[] = [];
    for (let i = 0; i < pairs.length; i += LIMITS.balanceQueries) {
      told.push(...(await this.#askPart(pairs.slice(i, i + LIMITS.balanceQueries), at, options)));
    }
    return told;
  }

  /**
   * Whether nodes may overrule the ledger with these amounts: that takes a proof or two operators, also where one is enough
   * to be asked, as long as there are two. In the order of the claims.
   */
  async confirm(claims: readonly (BalancePair & Told)[], at: BlockRef, options: AskOptions): Promise<boolean[]> {
    const { nodes, quorum } = this.#options.reads;
    const witnesses = { ...quorum, operators: Math.max(quorum.operators, Math.min(WITNESSES, nodes.operators)) };
    if (witnesses.operators === quorum.operators) return claims.map(() => true);
    const open = claims.filter(({ source }) => source === "node");
    const again = await this.ask(open, at, { ...options, quorum: witnesses });
    const confirmed = new Set(open.filter(({ amount }, i) => again[i]?.amount === amount));
    return claims.map((claim) => claim.source === "proof" || confirmed.has(claim));
  }

  /** Resolves when nothing is under way that nobody waits for. */
  async settled(): Promise<void> {
    await this.#teaching;
  }

  async #askPart(pairs: readonly BalancePair[], at: BlockRef, options: AskOptions): Promise<Told[]> {
    const isShort = pairs.length <= LIMITS.provenBalances;
    const proven = isShort ? await this.#prove(pairs, at, options) : undefined;
    const open = pairs.flatMap((_, i) => (proven?.[i] == null ? [i] : []));
    const polled = await this.#poll(
      open.map((i) => pairs[i] as BalancePair),
      at,
      options,
    );
    const told = pairs.map((_, i): Told | undefined => asProven(proven?.[i]));
    for (const [k, i] of open.entries()) told[i] = { amount: polled[k] as bigint | ErrorData, source: "node" };
    this.#teach(pairs, open, told, at);
    return isShort ? (told as Told[]) : await this.#proveRest(pairs, told as Told[], at, options);
  }

  /** Proofs of many balances are dear, but still better than none where too few operators answer. */
  async #proveRest(
    pairs: readonly BalancePair[],
    told: readonly Told[],
    at: BlockRef,
    options: AskOptions,
  ): Promise<Told[]> {
    const open = told.flatMap(({ amount }, i) => (typeof amount === "bigint" ? [] : [i]));
    const rest = open.map((i) => pairs[i] as BalancePair);
    const proven = open.length > 0 ? await this.#prove(rest, at, options) : undefined;
    const all = [...told];
    for (const [k, i] of open.entries()) all[i] = asProven(proven?.[k]) ?? (told[i] as Told);
    return all;
  }

  /** Undefined where no node proves anything at this moment. */
  async #prove(
    pairs: readonly ProofQuery[],
    at: BlockRef,
    { work, signal }: AskOptions,
  ): Promise<(bigint | null)[] | undefined> {
    const { chain, reads, logger } = this.#options;
    const { nodes } = reads;
    const provers = nodes.nodes.filter((node) => node.usable && proves(node));
    if (provers.length === 0) return undefined;
    try {
      return await nodes.request(
        async (node, call) => {
          try {
            return (await node.client.proveBalances?.(pairs, at, call)) ?? [];
          } catch (error) {
            if (error instanceof IntegrityViolation) this.#noteFalseProof(node, at, error);
            throw error;
          }
        },
        {
          work,
          what: `${chain.info.id}: proofs of balances after block ${at.height}`,
          deadlineMs: LIMITS.proofDeadlineMs,
          attempts: provers.length,
          suits: proves,
          need: { data: "proofs", height: at.height },
          ...(signal && { signal }),
        },
      );
    } catch (error) {
      signal?.throwIfAborted();
      const { code, message } = asHeadwaterError(error);
      logger.debug({ chain: chain.info.id, code }, message);
      return undefined;
    }
  }

  async #poll(
    pairs: readonly BalancePair[],
    at: BlockRef,
    { work, signal, quorum = this.#options.reads.quorum }: AskOptions,
  ): Promise<(bigint | ErrorData)[]> {
    if (pairs.length === 0) return [];
    const { chain, reads } = this.#options;
    const asked: Asked = { chainId: chain.info.id, at, quorum };
    const poll = await reads.poll(
      pairs,
      {
        read: (node, open, call) => this.#read(node, open, at, call),
        keyOf: (amount) => amount,
        what: `${chain.info.id}: balances after block ${at.height}`,
        work,
        need: { data: "state", height: at.height },
        signal,
      },
      quorum,
    );
    if (!poll) {
      const error = errorToData(tooFew(reads.nodes.nodes, asked));
      return pairs.map(() => error);
    }
    return pairs.map((pair, i) => {
      const polled = poll.items[i] as (typeof poll.items)[number];
      for (const dissent of dissentIn(pair, polled, at)) this.#noteDissent(dissent, work);
      return amountOf(pair, polled, poll, asked);
    });
  }

  async #read(
    node: PoolNode,
    pairs: readonly BalancePair[],
    at: BlockRef,
    call: CallOptions,
  ): Promise<readonly (bigint | null)[] | Finish<bigint | null>> {
    const { client, config } = node;
    if (!client.readRecentBalances) {
      const amounts = await client.readBalances(pairs, at, call);
      return pairs.map((_, i) => amounts[i] ?? null);
    }
    const told = await client.readRecentBalances(pairs, at.height, call);
    assertNotBefore(at, told, config.name);
    return (signal) => this.#options.back.lead(pairs, at, { node: config.name, told }, signal);
  }

  #noteDissent({ nodes, evidence }: Dissent, work: WorkClass): void {
    this.#options.evidence.addDissent({ ...evidence, at: this.#options.reads.clock.now() });
    const { account, asset, block, ours, theirs } = evidence;
    for (const node of nodes) {
      const where = `node ${node.config.name}, block ${block.height}`;
      node.noteFault(new IntegrityViolation(`balance of ${account} in ${asset}`, `${ours}`, `${theirs}`, where), work);
    }
  }

  /** Shows what operators agreed on to a node that proves, so that it may be proven the next time. */
  #teach(
    pairs: readonly BalancePair[],
    open: readonly number[],
    told: readonly (Told | undefined)[],
    at: BlockRef,
  ): void {
    const examples: ProofQuery[] = [];
    for (const i of open) {
      const agreed = told[i]?.amount;
      if (typeof agreed === "bigint" && agreed > 0n) examples.push({ ...(pairs[i] as BalancePair), agreed });
      if (examples.length === LIMITS.proofExamples) break;
    }
    if (examples.length === 0 || this.#teaching !== undefined) return;
    // It fails only when it is stopped.
    this.#teaching = this.#prove(examples, at, { work: "reconciliation", signal: this.#options.stopped })
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => {
        this.#teaching = undefined;
      });
  }

  #noteFalseProof(node: PoolNode, at: BlockRef, { message }: IntegrityViolation): void {
    const { reads, evidence } = this.#options;
    const said = [voiceOf(node)];
    evidence.addViolation({
      kind: "integrity-violation",
      at: reads.clock.now(),
      said,
      against: [],
      height: at.height,
      message,
    });
  }
}

function proves({ probe, client }: PoolNode): boolean {
  return probe?.proves === true && client.proveBalances !== undefined;
}

function asProven(amount: bigint | null | undefined): Told | undefined {
  return amount == null ? undefined : { amount, source: "proof" };
}
