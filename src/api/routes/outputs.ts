import type { FastifyInstance } from "fastify";
import { LIMITS } from "../../core/limits.ts";
import type { KnownAccount } from "../account-directory.ts";
import type { ApiContext } from "../context.ts";
import { decodeUtxosCursor, encodeUtxosCursor } from "../cursor.ts";
import { parseReadOptions } from "../query.ts";
import { buildAsOf, OpenView, pinRead } from "../read.ts";
import { type UtxosAnswer, UtxosSchema } from "../schemas/outputs.ts";
import { problemResponse } from "../schemas/problem.ts";
import { AccountParams, UtxosQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { tokenOf } from "../token.ts";
import { assertHasOutputs, assertKnowsOutputs, assertSameBranch, renderUtxos } from "../utxos.ts";

type UtxosRoute = { Params: AccountParams; Querystring: UtxosQuery };

/** `GET /v1/accounts/{account}/utxos` */
export function outputRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const { accounts, gate } = context;
  app.get<UtxosRoute>(
    "/v1/accounts/:account/utxos",
    {
      schema: {
        summary: "Unspent outputs of one account, oldest first",
        description:
          "501 `unsupported` where the chain's coins are no outputs, and where the index may lack some of them.",
        tags: ["accounts"],
        params: AccountParams,
        querystring: UtxosQuery,
        response: { 200: ref(UtxosSchema), default: problemResponse },
      },
    },
    gate.answer<UtxosRoute>(({ params, query }) => answerUtxos(context, accounts.resolve(params.account), query)),
  );
  done();
}

async function answerUtxos({ clock }: ApiContext, known: KnownAccount, query: UtxosQuery): Promise<UtxosAnswer> {
  const { service, account, id } = known;
  assertHasOutputs(service);
  const options = parseReadOptions(query);
  const after = query.cursor === undefined ? undefined : decodeUtxosCursor(id, query.cursor);
  using open = new OpenView(service);
  assertKnowsOutputs(open);
  const pin = await pinRead(open, options);
  if (after) await assertSameBranch(open, after);
  const page = await open.view.unspent(account, after, query.limit ?? LIMITS.apiPageRowsDefault);
  return {
    account: id,
    asOf: buildAsOf(open, pin, clock.now()),
    utxos: await renderUtxos(open, page.outputs),
    token: tokenOf(service.id, pin.ref),
    next: page.next === undefined ? null : encodeUtxosCursor(id, { ...page.next, asOf: pin.ref }),
  };
}
