import type { BalanceQuery, CallOptions, ProofQuery } from "../../../core/contracts/plugin.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { BlockRef } from "../../../core/model.ts";
import type { ProofQuestion, ProvenAccount } from "./account-proof.ts";
import { entryKey, IMPLEMENTATION_KEYS, type MappingSlot } from "./mapping-slots.ts";
import type { ProofClient } from "./proof-client.ts";
import { type ContractCode, type Example, sameCode, type TokenLayouts } from "./token-layouts.ts";

export type Prover = {
  readonly proofs: ProofClient;
  readonly layouts: TokenLayouts;
  /** The same node's own word, to hold against what is proven of tokens. */
  readonly readBalances: (
    queries: readonly BalanceQuery[],
    at: BlockRef,
    options?: CallOptions,
  ) => Promise<(bigint | null)[]>;
};

/** One request for a proof, and which balances it tells. */
type Plan = {
  readonly question: ProofQuestion;
  readonly apply: (proven: ProvenAccount, told: readonly (bigint | null)[]) => void;
};

const ERC20 = /^erc20:(0x[0-9a-f]{40})$/;

/**
 * Balances after the block as its state root proves them, in the order asked; null for what cannot be proven: all but the
 * native coin and those ERC-20 tokens whose balances were found in storage by the examples among earlier queries
 * (`agreed`). A token's storage counts only while its `balanceOf` says the same: code that changed, a balance that is not
 * what the slot holds, or flags beside the number in it, all fail there.
 *
 * Methods: eth_getProof, eth_getBlockByHash, and those of readBalances.
 * @throws IntegrityViolation when a proof does not hold
 */
export async function proveBalances(
  prover: Prover,
  queries: readonly ProofQuery[],
  at: BlockRef,
  options?: CallOptions,
): Promise<(bigint | null)[]> {
  const balances: (bigint | null)[] = queries.map(() => null);
  const tokens = groupTokens(prover.layouts, queries);
  const plans = [...planNative(queries, balances), ...planTokens(prover.layouts, tokens, queries, balances)];
  if (plans.length > 0) {
    const asked = tokens.flatMap(({ entries }) => entries.map(({ index }) => queries[index] as ProofQuery));
    const [proven, told] = await Promise.all([
      prover.proofs.prove(
        plans.map(({ question }) => question),
        at,
        options,
      ),
      asked.length > 0 ? prover.readBalances(asked, at, options) : [],
    ]);
    if (!proven) return balances;
    const byIndex = spread(tokens, told);
    for (const [i, plan] of plans.entries()) plan.apply(proven[i] as ProvenAccount, byIndex);
  }
  await learnFrom(prover, queries, balances, at, options);
  return balances;
}

function planNative(queries: readonly ProofQuery[], balances: (bigint | null)[]): Plan[] {
  const byAccount = new Map<string, number[]>();
  for (const [i, { account, asset, agreed }] of queries.entries()) {
    // There is nothing to learn of where the native coin is kept.
    if (!asset.startsWith("slip44:") || agreed !== undefined) continue;
    const indexes = byAccount.get(account);
    if (indexes) indexes.push(i);
    else byAccount.set(account, [i]);
  }
  return [...byAccount].map(([address, indexes]) => ({
    question: { address, keys: [] },
    apply: ({ balance }) => {
      for (const i of indexes) balances[i] = balance;
    },
  }));
}

type Entry = { readonly index: number; readonly key: string };
/** Entries of one contract, no more than one request may name. */
type TokenGroup = { readonly contract: string; readonly code: ContractCode; readonly entries: Entry[] };

function groupTokens(layouts: TokenLayouts, queries: readonly ProofQuery[]): TokenGroup[] {
  const groups: TokenGroup[] = [];
  const open = new Map<string, TokenGroup>();
  for (const [index, { account, asset }] of queries.entries()) {
    const contract = ERC20.exec(asset)?.[1];
    const layout = contract === undefined ? undefined : layouts.find(contract);
    if (contract === undefined || !layout) continue;
    let group = open.get(contract);
    if (!group || group.entries.length === LIMITS.proofStorageKeys) {
      group = { contract, code: layout.code, entries: [] };
      open.set(contract, group);
      groups.push(group);
    }
    group.entries.push({ index, key: entryKey(layout.slot, account) });
  }
  return groups;
}

function planTokens(
  layouts: TokenLayouts,
  groups: readonly TokenGroup[],
  queries: readonly ProofQuery[],
  balances: (bigint | null)[],
): Plan[] {
  return groups.map(({ contract, code, entries }) => ({
    question: { address: contract, keys: [...IMPLEMENTATION_KEYS, ...entries.map(({ key }) => key)] },
    apply: (proven, told) => {
      const { code: now, values } = readContract(proven);
      if (!sameCode(now, code)) {
        layouts.forget(contract);
        return;
      }
      for (const [i, { index }] of entries.entries()) {
        const value = values[i] as bigint;
        const agreed = queries[index]?.agreed;
        if (agreed !== undefined && agreed !== value) layouts.giveUp(contract);
        else if (told[index] === value) balances[index] = value;
      }
    },
  }));
}

/** The node's own words under the positions of their queries. */
function spread(groups: readonly TokenGroup[], told: readonly (bigint | null)[]): (bigint | null)[] {
  const byIndex: (bigint | null)[] = [];
  let next = 0;
  for (const { entries } of groups) for (const { index } of entries) byIndex[index] = told[next++] ?? null;
  return byIndex;
}

function readContract({ codeHash, storage }: ProvenAccount): {
  readonly code: ContractCode;
  readonly values: readonly bigint[];
} {
  const split = IMPLEMENTATION_KEYS.length;
  return { code: { codeHash, implementations: storage.slice(0, split) }, values: storage.slice(split) };
}

/** Uses some examples to find out where their contracts keep balances. What is found then also proves the example itself. */
async function learnFrom(
  prover: Prover,
  queries: readonly ProofQuery[],
  balances: (bigint | null)[],
  at: BlockRef,
  options?: CallOptions,
): Promise<void> {
  let looks = 0;
  for (const [i, { account, asset, agreed }] of queries.entries()) {
    const contract = ERC20.exec(asset)?.[1];
    if (contract === undefined || agreed === undefined) continue;
    const example = { account, amount: agreed };
    const slots = prover.layouts.openSlots(contract, example);
    if (slots.length === 0) continue;
    if (looks++ === LIMITS.layoutLooks) return;
    if (!(await lookAt(prover, contract, example, slots, at, options))) return;
    if (prover.layouts.find(contract)) balances[i] = agreed;
  }
}

/** @returns whether this chain's headers prove anything */
async function lookAt(
  { proofs, layouts }: Prover,
  contract: string,
  example: Example,
  slots: readonly MappingSlot[],
  at: BlockRef,
  options?: CallOptions,
): Promise<boolean> {
  const keys = [...IMPLEMENTATION_KEYS, ...slots.map((slot) => entryKey(slot, example.account))];
  const [proven] = (await proofs.prove([{ address: contract, keys }], at, options)) ?? [];
  if (!proven) return false;
  const { code, values } = readContract(proven);
  const holding = slots.filter((_, i) => values[i] === example.amount);
  layouts.learn(contract, example, code, holding);
  return true;
}
