import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain, ProofQuery, WorkClass } from "../core/contracts/plugin.ts";
import type { BalanceSource } from "../core/contracts/service.ts";
import { asHeadwaterError, type ErrorData, errorToData, IntegrityViolation } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { EvidenceLog } from "./agreement/evidence-log.ts";
import { countVoices, isQuorate, type Quorum } from "./agreement/quorum.ts";
import { type BalancePair, BalancePoll } from "./balance-poll.ts";
import { type Asked, amountOf, dissentIn, tooFew, voiceOf } from "./balance-verdicts.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/** How many operators it takes to overrule the ledger, where there are so many. */
const WITNESSES = 2;

/** What nodes told, agreed or proven, or why there is no such amount; never 0 for what is not known. */
export type Told = { readonly amount: bigint | ErrorData; readonly source: Exclude<BalanceSource, "ledger"> };

export type BalanceAskerOptions = {
  readonly chain: Chain;
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What it takes for a balance to be believed without a proof: from the configuration alone. */
  readonly quorum: Quorum;
  readonly evidence: EvidenceLog;
  /** Ends what nobody waits for. */
  readonly stopped: AbortSignal;
  /** Default: Math.random. */
  readonly random?: () => number;
};

export type AskOptions = {
  readonly work: WorkClass;
  readonly signal?: AbortSignal | undefined;
  /** Default: as configured. */
  readonly quorum?: Quorum;
};

/**
 * Asks nodes for balances after a block. Few are proven by one node where some node can; all others, and those that cannot
 * be proven, are asked of as many operators as the quorum takes, at the same block hash. So no node is believed alone
 * unless the configuration says that one is enough.
 */
export class BalanceAsker {
  readonly #options: BalanceAskerOptions;
  #teaching: Promise<void> | undefined;

  constructor(options: BalanceAskerOptions) {
    this.#options = options;
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
    const { nodes, quorum } = this.#options;
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
    const { chain, nodes, logger } = this.#options;
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
    { work, signal, quorum = this.#options.quorum }: AskOptions,
  ): Promise<(bigint | ErrorData)[]> {
    if (pairs.length === 0) return [];
    const { chain, nodes, clock } = this.#options;
    const asked: Asked = { chainId: chain.info.id, at, quorum };
    const able = nodes.nodes.filter(({ usable }) => usable);
    if (!isQuorate(countVoices(able.map(({ config }) => config)), quorum)) {
      const error = errorToData(tooFew(nodes.nodes, asked));
      return pairs.map(() => error);
    }
    const poll = await new BalancePoll({
      nodes,
      clock,
      pairs,
      at,
      quorum,
      operators: this.#rank(able, at),
      what: `${chain.info.id}: balances after block ${at.height}`,
      work,
      ...(signal && { signal }),
    }).run();
    return pairs.map((pair, i) => {
      const polled = poll.pairs[i] as (typeof poll.pairs)[number];
      for (const { nodes: dissenters, evidence } of dissentIn(pair, polled, at)) {
        this.#options.evidence.addDissent({ ...evidence, at: clock.now() });
        const { account, asset, ours, theirs } = evidence;
        for (const node of dissenters) {
          const where = `node ${node.config.name}, block ${at.height}`;
          node.noteFault(
            new IntegrityViolation(`balance of ${account} in ${asset}`, `${ours}`, `${theirs}`, where),
            work,
          );
        }
      }
      return amountOf(pair, polled, poll, asked);
    });
  }

  /** Operators by their best node: those that do well first, then by latency with some chance. */
  #rank(able: readonly PoolNode[], at: BlockRef): string[] {
    const { random = Math.random } = this.#options;
    const need = { data: "state" as const, height: at.height };
    const cost = (node: PoolNode) => {
      const impaired = node.causes.size > 0 || node.lastResort || !node.hasReached(at.height) || !node.covers(need);
      const latencyMs = node.calls.latency("read", 0.5) ?? node.calls.latency("poll", 0.5) ?? 0;
      return (impaired ? LIMITS.nodeRequestTimeoutMs : 0) + (latencyMs + 1) * (1 + random());
    };
    const costs = new Map<string, number>();
    for (const node of able) {
      const { operator } = node.config;
      costs.set(operator, Math.min(cost(node), costs.get(operator) ?? Number.POSITIVE_INFINITY));
    }
    return [...costs].sort(([, a], [, b]) => a - b).map(([operator]) => operator);
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
    const { clock, evidence } = this.#options;
    const said = [voiceOf(node)];
    evidence.addViolation({
      kind: "integrity-violation",
      at: clock.now(),
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
