import type { FastifyInstance } from "fastify";
import type { Caller } from "../../core/contracts/service.ts";
import { LIMITS } from "../../core/limits.ts";
import { formatAsset, type KnownAccount, parseAssetOf } from "../account-directory.ts";
import { readTransactionPage } from "../account-transactions.ts";
import { readBaseline, readPoints, resolveRange } from "../balance-history.ts";
import type { ApiContext } from "../context.ts";
import {
  decodeHistoryCursor,
  decodeTransactionsCursor,
  encodeHistoryCursor,
  encodeTransactionsCursor,
} from "../cursor.ts";
import { parseHeight, parseReadOptions } from "../query.ts";
import { buildAsOf, OpenView, pinRead } from "../read.ts";
import { renderTransaction } from "../render-transaction.ts";
import { type HistoryAnswer, HistorySchema } from "../schemas/balances.ts";
import { problemResponse } from "../schemas/problem.ts";
import { AccountParams, HistoryQuery, TransactionsQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { type AccountTransactionsAnswer, AccountTransactionsSchema } from "../schemas/transactions.ts";
import { tokenOf } from "../token.ts";
import { assertWatched, tellIndexed } from "../watching.ts";

type TransactionsRoute = { Params: AccountParams; Querystring: TransactionsQuery };
type HistoryRoute = { Params: AccountParams; Querystring: HistoryQuery };

/** `GET /v1/accounts/{account}/transactions`, `…/history` */
export function accountRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const { accounts, gate } = context;
  app.get<TransactionsRoute>(
    "/v1/accounts/:account/transactions",
    {
      schema: {
        summary: "Transactions of one account, newest first",
        tags: ["accounts"],
        params: AccountParams,
        querystring: TransactionsQuery,
        response: { 200: ref(AccountTransactionsSchema), default: problemResponse },
      },
    },
    gate.answer<TransactionsRoute>(({ params, query }) =>
      answerTransactions(context, accounts.resolve(params.account), query),
    ),
  );
  app.get<HistoryRoute>(
    "/v1/accounts/:account/history",
    {
      schema: {
        summary: "Balance of one account in one asset over heights, newest first",
        tags: ["accounts"],
        params: AccountParams,
        querystring: HistoryQuery,
        response: { 200: ref(HistorySchema), default: problemResponse },
      },
    },
    gate.answer<HistoryRoute>(({ params, query }, caller) =>
      answerHistory(context, accounts.resolve(params.account), query, caller),
    ),
  );
  done();
}

async function answerTransactions(
  { accounts, clock }: ApiContext,
  known: KnownAccount,
  query: TransactionsQuery,
): Promise<AccountTransactionsAnswer> {
  const { service, account, id } = known;
  const options = parseReadOptions(query);
  const after = query.cursor === undefined ? undefined : decodeTransactionsCursor(id, query.cursor);
  using open = new OpenView(service);
  const pin = await pinRead(open, options);
  assertWatched(known, open, pin);
  const page = await readTransactionPage(open, pin, known, after, query.limit ?? LIMITS.apiPageRowsDefault);
  const only = query.movements === "all" ? undefined : account;
  return {
    account: id,
    asOf: buildAsOf(open, pin, clock.now()),
    transactions: page.transactions.map((each) => renderTransaction(service, accounts, each, open.position, only)),
    ...tellIndexed(known, open.view),
    token: tokenOf(service.id, pin.ref),
    next: page.next === undefined ? null : encodeTransactionsCursor(id, page.next),
  };
}

async function answerHistory(
  { clock }: ApiContext,
  known: KnownAccount,
  query: HistoryQuery,
  caller: Caller,
): Promise<HistoryAnswer> {
  const { service, id } = known;
  const options = parseReadOptions(query);
  const asset = query.asset === undefined ? service.chain.info.nativeAsset : parseAssetOf(service, query.asset);
  const subject = JSON.stringify([id, asset, query.from ?? null, query.to ?? null]);
  const below = query.cursor === undefined ? undefined : decodeHistoryCursor(subject, query.cursor);
  using open = new OpenView(service);
  const pin = await pinRead(open, options);
  const first = assertWatched(known, open, pin, query.from);
  const asked = resolveRange(
    open,
    pin,
    query.from ?? first,
    query.to,
    query.at === undefined ? undefined : parseHeight(query.at),
  );
  const range = { from: asked.from, to: Math.min(asked.to, below ?? asked.to) };
  const baseline = await readBaseline(open, pin, known, asset, caller);
  const page = await readPoints(open, known, asset, range, query.limit ?? LIMITS.apiPageRowsDefault, baseline);
  return {
    account: id,
    asset: formatAsset(service, asset),
    asOf: buildAsOf(open, pin, clock.now()),
    points: [...page.points],
    ...tellIndexed(known, open.view),
    token: tokenOf(service.id, pin.ref),
    next: page.next === undefined ? null : encodeHistoryCursor(subject, page.next),
  };
}
