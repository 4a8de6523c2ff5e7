import type { Chain } from "../core/contracts/plugin.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, BlockRef } from "../core/model.ts";
import type { NodePool } from "./pool/node-pool.ts";

export type BalancePair = { readonly account: Account; readonly asset: Asset };

/** What a node told, or why none did; never 0 for what is not known. */
export type Told = {
  readonly amount: bigint | ErrorData;
  /** Who told it. */
  readonly operator: string | undefined;
};

/**
 * Asks nodes for balances after a block, in as few calls as the cap allows. The answers are in the order of the pairs.
 *
 * @param notOf an operator that is not asked
 */
export async function askBalances(
  sources: { readonly chain: Chain; readonly nodes: NodePool },
  pairs: readonly BalancePair[],
  at: BlockRef,
  signal?: AbortSignal,
  notOf?: string,
): Promise<Told[]> {
  const told: Told[] = [];
  for (let i = 0; i < pairs.length; i += LIMITS.balanceQueries) {
    told.push(...(await askPart(sources, pairs.slice(i, i + LIMITS.balanceQueries), at, signal, notOf)));
  }
  return told;
}

async function askPart(
  { chain, nodes }: { readonly chain: Chain; readonly nodes: NodePool },
  part: readonly BalancePair[],
  at: BlockRef,
  signal: AbortSignal | undefined,
  notOf: string | undefined,
): Promise<Told[]> {
  let operator: string | undefined;
  try {
    const amounts = await nodes.request(
      (node, call) => {
        operator = node.config.operator;
        return node.client.readBalances(part, at, call);
      },
      {
        work: "read",
        attempts: nodes.nodes.length * 2,
        suits: (node) => node.config.operator !== notOf,
        what: `${chain.info.id}: balances after block ${at.height}`,
        ...(signal && { signal }),
      },
    );
    return part.map((pair, i) => ({ amount: amounts[i] ?? errorToData(unreadable(chain, pair, at)), operator }));
  } catch (error) {
    signal?.throwIfAborted();
    const failure = new HeadwaterError(
      "balance-unavailable",
      `${chain.info.id}: no node told the balance after block ${at.height} (${at.hash}), and the ledger does not know it: ${errorToData(error).message}`,
      { cause: error, details: { height: at.height, hash: at.hash } },
    );
    return part.map(() => ({ amount: errorToData(failure), operator: undefined }));
  }
}

function unreadable(chain: Chain, { account, asset }: BalancePair, at: BlockRef): HeadwaterError {
  return new HeadwaterError(
    "balance-unavailable",
    `${chain.info.id}: ${asset} does not tell a balance of ${account} after block ${at.height}`,
    { details: { height: at.height, asset } },
  );
}
