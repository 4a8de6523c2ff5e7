import type { BalanceEvidence } from "../core/contracts/records.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import type { Account, Asset, BlockRef } from "../core/model.ts";
import { type Quorum, voiceOf } from "./agreement/quorum.ts";
import type { Poll, PolledItem } from "./operator-poll.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type BalancePair = { readonly account: Account; readonly asset: Asset };

/** What nodes said of a pair. Null: the asset's contract tells no balance. */
type PolledPair = PolledItem<bigint | null>;

/** Where and by which standard a balance was asked for. */
export type Asked = { readonly chainId: string; readonly at: BlockRef; readonly quorum: Quorum };

/** Operators that told nothing of a pair, and why. */
type Failures = Poll<unknown>["failures"];

/** Operators that an error's text names. */
const NAMED_OPERATORS = 8;

/** What a polled pair comes to: the amount that enough operators told, or why there is none. */
export function amountOf(pair: BalancePair, polled: PolledPair, poll: Poll<unknown>, asked: Asked): bigint | ErrorData {
  const amount = polled.settled?.said;
  if (typeof amount === "bigint") return amount;
  if (amount === null) return errorToData(unreadable(pair, asked));
  const answers = polled.answers.map(({ node, said }) => `${node.config.operator} says ${said ?? "nothing"}`);
  return errorToData(reasonUnsettled(pair, answers, new Map([...poll.failures, ...polled.failures]), asked));
}

/** Operators that told other amounts than the one that enough told, an entry for each such amount. */
export function dissentIn(pair: BalancePair, { answers, settled }: PolledPair, block: BlockRef): Dissent[] {
  const ours = settled?.said;
  if (typeof ours !== "bigint") return [];
  const behind = answers.filter(({ said }) => said === ours).map(({ node }) => voiceOf(node));
  const others = Map.groupBy(answers, ({ said }) => said);
  return [...others].flatMap(([theirs, told]) => {
    if (theirs === null || theirs === ours) return [];
    const nodes = told.map(({ node }) => node);
    const evidence = { ...pair, kind: "balance-dissent" as const, block, theirs, ours };
    return [{ nodes, evidence: { ...evidence, said: nodes.map(voiceOf), against: behind } }];
  });
}

export type Dissent = { readonly nodes: readonly PoolNode[]; readonly evidence: Omit<BalanceEvidence, "at"> };

/** So few operators can be asked that their word could not count: none was asked. */
export function tooFew(nodes: readonly PoolNode[], asked: Asked): HeadwaterError {
  const { chainId, at, quorum } = asked;
  const able = new Set(nodes.filter(({ usable }) => usable).map(({ config }) => config.operator));
  if (able.size === 0) return unavailable(asked, "no node is usable");
  const unable = nodes.filter(({ usable, config }) => !usable && !able.has(config.operator));
  const states = unable.slice(0, NAMED_OPERATORS).map(({ config, state }) => `${config.operator}: ${state}`);
  const why = states.length > 0 ? ` (${states.join(", ")})` : "";
  return new HeadwaterError(
    "agreement-insufficient",
    `${chainId}: a balance after block ${at.height} takes ${nameQuorum(quorum)}; at this moment only ${[...able].join(", ")} can be asked${why}`,
    { details: { height: at.height, hash: at.hash, required: quorum.operators, operators: able.size, states } },
  );
}

/**
 * Why nothing was settled of a pair.
 * @param told who said what, a text each
 */
export function reasonUnsettled(
  { account, asset }: BalancePair,
  told: readonly string[],
  failures: Failures,
  asked: Asked,
): HeadwaterError {
  if (told.length === 0) return untold(failures, asked);
  const { chainId, at, quorum } = asked;
  const failed = [...failures].map(([operator, { code }]) => `${operator}: ${code}`);
  const who = [...told, ...failed].slice(0, NAMED_OPERATORS);
  return new HeadwaterError(
    "agreement-insufficient",
    `${chainId}: the balance of ${account} in ${asset} after block ${at.height} takes ${nameQuorum(quorum)} that tell the same; ${who.join(", ")}`,
    {
      details: {
        height: at.height,
        hash: at.hash,
        asset,
        required: quorum.operators,
        operators: told.length,
        answers: who,
      },
    },
  );
}

function untold(failures: Failures, asked: Asked): HeadwaterError {
  const last = [...failures.values()].at(-1);
  return unavailable(asked, last?.message ?? "no node was asked", last);
}

function unavailable({ chainId, at }: Asked, why: string, cause?: HeadwaterError): HeadwaterError {
  return new HeadwaterError(
    "balance-unavailable",
    `${chainId}: no node told the balance after block ${at.height} (${at.hash}), and the ledger does not know it: ${why}`,
    { ...(cause && { cause }), details: { height: at.height, hash: at.hash } },
  );
}

/** Enough operators say that the asset tells no balance. */
export function unreadable({ account, asset }: BalancePair, { chainId, at }: Asked): HeadwaterError {
  return new HeadwaterError(
    "balance-unavailable",
    `${chainId}: ${asset} does not tell a balance of ${account} after block ${at.height}`,
    { details: { height: at.height, asset } },
  );
}

function nameQuorum({ operators, regions }: Quorum): string {
  const from = regions > 1 ? ` from ${regions} regions` : "";
  return `${operators} ${operators === 1 ? "operator" : "operators"}${from}`;
}
