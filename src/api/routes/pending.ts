import type { FastifyInstance } from "fastify";
import { LIMITS } from "../../core/limits.ts";
import type { KnownAccount } from "../account-directory.ts";
import type { ApiContext } from "../context.ts";
import { decodePendingCursor, encodePendingCursor } from "../cursor.ts";
import { cutPending, cutRetracted, openPool, renderPending, renderRetracted } from "../pending.ts";
import { redactUrls } from "../problem.ts";
import { formatTime } from "../render-block.ts";
import { type PendingAnswer, PendingSchema } from "../schemas/pending.ts";
import { problemResponse } from "../schemas/problem.ts";
import { AccountParams, PendingQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

type PendingRoute = { Params: AccountParams; Querystring: PendingQuery };

/** `GET /v1/accounts/{account}/pending` */
export function pendingRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const { accounts, gate } = context;
  app.get<PendingRoute>(
    "/v1/accounts/:account/pending",
    {
      schema: {
        summary: "Pending transactions of one account, newest first",
        description:
          "What nodes tell at this moment: no part of the ledger. 501 `unsupported` where they tell nothing of the kind.",
        tags: ["accounts"],
        params: AccountParams,
        querystring: PendingQuery,
        response: { 200: ref(PendingSchema), default: problemResponse },
      },
    },
    gate.answer<PendingRoute>(({ params, query }) => answerPending(context, accounts.resolve(params.account), query)),
  );
  done();
}

function answerPending({ accounts }: ApiContext, known: KnownAccount, query: PendingQuery): PendingAnswer {
  const { service, account, id } = known;
  const after = query.cursor === undefined ? undefined : decodePendingCursor(id, query.cursor);
  const { pool, heardAt } = openPool(service);
  const { entries, next } = cutPending(pool.ofAccount(account), after, query.limit ?? LIMITS.apiPageRowsDefault);
  const only = query.movements === "all" ? undefined : account;
  return {
    account: id,
    heardAt: formatTime(heardAt),
    incomplete: pool.incomplete === null ? null : redactUrls(pool.incomplete),
    transactions: entries.map((entry) => renderPending(service, accounts, entry, only)),
    retracted: cutRetracted(pool.retractedOf(account)).map((each) => renderRetracted(service, accounts, each, only)),
    next: next === undefined ? null : encodePendingCursor(id, next),
  };
}
