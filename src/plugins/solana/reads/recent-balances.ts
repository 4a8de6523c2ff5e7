import type { BalanceQuery, CallOptions, RecentBalance } from "../../../core/contracts/plugin.ts";
import type { Account } from "../../../core/model.ts";
import { type RpcCall, type RpcOutcome, unwrap } from "../../json-rpc/messages.ts";
import { mintOf } from "../assets.ts";
import { TOKEN_PROGRAMS } from "../token-programs.ts";
import { readState, type StateAsked, stateConfig } from "./context.ts";
import { type OwnedTokens, readOwnedTokens, sumOf, type TokenFilter, tokensByOwner } from "./token-accounts.ts";

/** What nodes take in one call of getMultipleAccounts (Agave: MAX_MULTIPLE_ACCOUNTS). */
const ACCOUNTS_A_CALL = 100;

/** From so many mints of one owner on, all that it holds is asked for by program: two calls instead of one for each mint. */
const MINTS_BY_PROGRAM = 4;

/** A request and what its answer says of some of the queries. */
type Step = {
  readonly call: RpcCall;
  readonly read: (outcome: RpcOutcome) => void;
};

/**
 * Balances as the node has them now, each after the block at the slot of its own answer: a node may go on from one to the next.
 * Lamports of an account that does not exist are 0; what an owner has of a mint is what all its token accounts hold together,
 * null where the mint does not exist.
 *
 * Methods, in one batch: getMultipleAccounts, getTokenAccountsByOwner.
 * @throws HeadwaterError `node-block-missing` when the node has not come so far, `node-wrong-block` when it tells older state,
 *   `node-bad-response`
 */
export async function readRecentBalances(
  asked: StateAsked,
  queries: readonly BalanceQuery[],
  options?: CallOptions,
): Promise<readonly RecentBalance[]> {
  const told = new Map<string, RecentBalance>();
  const put = (account: Account, mint: string | undefined, balance: RecentBalance) =>
    told.set(nameOf(account, mint), balance);
  const owners = Map.groupBy(queries, ({ account }) => account);
  const steps: Step[] = [...lamportSteps(asked, queries, put)];
  for (const [owner, own] of owners) {
    const mints = [...new Set(own.flatMap(({ asset }) => mintOf(asset) ?? []))];
    steps.push(
      ...(mints.length < MINTS_BY_PROGRAM
        ? mintSteps(asked, owner, mints, put)
        : programSteps(asked, owner, mints, put)),
    );
  }
  await run(asked, steps, options);
  // A mint of which an owner has nothing may be of either program, or be none at all: that is asked for by its name.
  const open = queries.filter(({ account, asset }) => !told.has(nameOf(account, mintOf(asset))));
  await run(
    asked,
    open.flatMap(({ account, asset }) => mintSteps(asked, account, [mintOf(asset) as string], put)),
    options,
  );
  return queries.map(({ account, asset }) => told.get(nameOf(account, mintOf(asset))) as RecentBalance);
}

type Put = (account: Account, mint: string | undefined, balance: RecentBalance) => void;

async function run({ client }: StateAsked, steps: readonly Step[], options: CallOptions | undefined): Promise<void> {
  if (steps.length === 0) return;
  const outcomes = await client.batch(
    steps.map(({ call }) => call),
    options,
  );
  for (const [i, { read }] of steps.entries()) read(outcomes[i] as RpcOutcome);
}

/** Lamports stand beside the data, of which nothing is asked for. */
function* lamportSteps(asked: StateAsked, queries: readonly BalanceQuery[], put: Put): Generator<Step> {
  const method = "getMultipleAccounts";
  const native = queries.filter(({ asset }) => mintOf(asset) === undefined);
  const accounts = [...new Set(native.map(({ account }) => account))];
  const config = { encoding: "base64", dataSlice: { offset: 0, length: 0 }, ...stateConfig(asked) };
  for (let i = 0; i < accounts.length; i += ACCOUNTS_A_CALL) {
    const part = accounts.slice(i, i + ACCOUNTS_A_CALL);
    const read = (outcome: RpcOutcome) => {
      const { slot, value, answer } = readState(asked, method, unwrap(outcome));
      const values = answer.list(value, "value");
      if (values.length !== part.length) throw answer.refuse("value", `${part.length} accounts`, values);
      for (const [k, account] of part.entries()) {
        const path = `value[${k}]`;
        const one = values[k];
        // Only a null that the node wrote is an account that does not exist.
        const amount = one === null ? 0n : answer.amount(answer.record(one, path)["lamports"], `${path}.lamports`);
        put(account, undefined, { height: slot, amount });
      }
    };
    yield { call: { method, params: [part, config] }, read };
  }
}

function mintSteps(asked: StateAsked, owner: Account, mints: readonly string[], put: Put): Step[] {
  return mints.map((mint) => ({
    call: tokensByOwner(owner, { mint }, asked),
    read: (outcome) => {
      const { slot, accounts } = readOwnedTokens(owner, { mint }, asked, outcome, asked.notBefore);
      put(owner, mint, { height: slot, amount: accounts && sumOf(accounts, mint, `node ${asked.client.node}`) });
    },
  }));
}

/** All that an owner holds, of both programs: what it has of a mint is told where it has an account of that mint. */
function programSteps(asked: StateAsked, owner: Account, mints: readonly string[], put: Put): Step[] {
  const wanted = new Set(mints);
  return TOKEN_PROGRAMS.map((programId) => {
    const filter: TokenFilter = { programId };
    const read = (outcome: RpcOutcome) => {
      const { slot, accounts }: OwnedTokens = readOwnedTokens(owner, filter, asked, outcome, asked.notBefore);
      for (const mint of new Set(accounts?.map((account) => account.mint))) {
        if (!wanted.has(mint)) continue;
        put(owner, mint, { height: slot, amount: sumOf(accounts ?? [], mint, `node ${asked.client.node}`) });
      }
    };
    return { call: tokensByOwner(owner, filter, asked), read };
  });
}

function nameOf(account: Account, mint: string | undefined): string {
  return `${account} ${mint ?? ""}`;
}
