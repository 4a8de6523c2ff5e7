import type { FastifyInstance, FastifyRequest } from "fastify";
import { type AtHandOrLater, goOn, useFor } from "../../core/at-hand.ts";
import { parseAssetId } from "../../core/caip.ts";
import type { Caller } from "../../core/contracts/service.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account, Asset } from "../../core/model.ts";
import { type KnownAccount, parseAssetOf } from "../account-directory.ts";
import { addParts } from "../balance-parts.ts";
import {
  balancesSubject,
  buildFrame,
  cutAssets,
  listAssets,
  pendingAt,
  readEntries,
  renderInParts,
} from "../balances.ts";
import { answerShare, shareAssets, shareOut } from "../batch.ts";
import type { ApiContext } from "../context.ts";
import { decodeBalancesCursor } from "../cursor.ts";
import { areOfNodes } from "../metrics.ts";
import { sumPending } from "../pending.ts";
import { parseReadOptions, type ReadOptions } from "../query.ts";
import { buildAsOf, OpenView, pinRead } from "../read.ts";
import {
  type BalancesAnswer,
  BalancesSchema,
  type BatchAnswer,
  type BatchRequest,
  BatchRequestSchema,
  BatchSchema,
} from "../schemas/balances.ts";
import { problemResponse } from "../schemas/problem.ts";
import { AccountParams, BalancesQuery, PinQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { encodeToken } from "../token.ts";

type BalancesRoute = { Params: AccountParams; Querystring: BalancesQuery };
type BatchRoute = { Querystring: PinQuery; Body: BatchRequest };

/** `GET /v1/accounts/{account}/balances`, `POST /v1/balances` */
export function balanceRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const { accounts, gate } = context;
  app.get<BalancesRoute>(
    "/v1/accounts/:account/balances",
    {
      schema: {
        summary: "Balances of one account",
        tags: ["balances"],
        params: AccountParams,
        querystring: BalancesQuery,
        response: { 200: ref(BalancesSchema), default: problemResponse },
      },
    },
    gate.answer<BalancesRoute>((request, caller) =>
      answerBalances(context, accounts.resolve(request.params.account), request, caller),
    ),
  );
  app.post<BatchRoute>(
    "/v1/balances",
    {
      schema: {
        summary: "Balances of many accounts",
        description: "Every chain is read at one block. An account that fails, fails alone.",
        tags: ["balances"],
        querystring: PinQuery,
        body: BatchRequestSchema,
        response: { 200: ref(BatchSchema), default: problemResponse },
      },
    },
    gate.answer<BatchRoute>(async (request, caller) => {
      const answer = await answerBatch(context, request.body, parseReadOptions(request.query), caller);
      request.askedNodes = answer.results.some(
        (result) => !("balances" in result) || areOfNodes(result.balances, result.errors),
      );
      return answer;
    }),
  );
  done();
}

/** The route that is asked most: at once, without a promise, where no node and no block by name has to be asked for. */
function answerBalances(
  { accounts, clock, gate, balanceText }: ApiContext,
  known: KnownAccount,
  request: FastifyRequest<BalancesRoute>,
  caller: Caller,
): AtHandOrLater<string | BalancesAnswer> {
  const { query } = request;
  const { service, account } = known;
  const options = parseReadOptions(query);
  const filter = query.assets === undefined ? undefined : parseFilter(known, query.assets);
  const after =
    query.cursor === undefined ? undefined : decodeBalancesCursor(balancesSubject(known, filter), query.cursor);
  return useFor(new OpenView(service, gate.turn), (open) => {
    const pending = sumPending(service, account);
    return goOn(pinRead(open, options, after), (pin) =>
      goOn(readEntries(open, pin, account), (entries) => {
        const assets = filter ?? listAssets(service, entries);
        const page = cutAssets(assets, query.limit ?? LIMITS.apiPageRowsDefault, after?.asset);
        const asked = [{ account, assets: page.assets, entries }];
        return goOn(service.readBalances(open.view, pin.ref, asked, caller), ([sheet]) => {
          if (!sheet) throw new HeadwaterError("internal", `${service.id} gave no balance sheet`);
          request.askedNodes = query.parts === true || areOfNodes(sheet.balances, sheet.errors);
          if (query.parts === true) {
            return goOn(addParts(known, pin, sheet, caller.signal), (whole): BalancesAnswer => {
              const told = {
                pending: pendingAt(open, pin, pending),
                format: (part: Account) => accounts.format(service, part),
              };
              return renderInParts(
                buildFrame(open, pin, known, page, whole, filter),
                buildAsOf(open, pin, clock.now()),
                service,
                whole,
                told,
              );
            });
          }
          const frame = buildFrame(open, pin, known, page, sheet, filter);
          return balanceText.write(open, pin, clock.now(), sheet.balances, pendingAt(open, pin, pending), frame);
        });
      }),
    );
  });
}

/** @throws HeadwaterError `invalid-asset`, `invalid-request` */
function parseFilter({ service }: KnownAccount, text: string): Asset[] {
  const texts = text.split(",");
  if (texts.length > LIMITS.apiBatchAssets) {
    throw new HeadwaterError(
      "invalid-request",
      `assets names ${texts.length}: expected at most ${LIMITS.apiBatchAssets}`,
      {
        details: { in: "query", field: "assets" },
      },
    );
  }
  return [...new Set(texts.map((asset) => parseAssetOf(service, asset)))];
}

async function answerBatch(
  context: ApiContext,
  body: BatchRequest,
  options: ReadOptions,
  caller: Caller,
): Promise<BatchAnswer> {
  const { chains, accounts } = context;
  const filters = shareAssets(body.assets, (text) => chains.get(parseAssetId(text).chain));
  const shares = shareOut(body.accounts, accounts);
  assertAnswerable(body, options, shares.chains.size);
  const answers = await Promise.all(
    Array.from(shares.chains.values(), (share) => {
      const filter = filters && (filters.get(share.service.id) ?? []);
      return answerShare(share, filter, options, context, caller).then((answer) => ({ ...answer, share }));
    }),
  );
  const results = new Map([...shares.errors, ...answers.flatMap((answer) => [...answer.results])]);
  const places = answers.flatMap(({ share, ref }) => (ref ? [[share.service.id, ref] as const] : []));
  return {
    results: body.accounts.map((text) => {
      const result = results.get(text);
      if (!result) throw new HeadwaterError("internal", "an account of the batch was lost");
      return result;
    }),
    token: places.length === 0 ? null : encodeToken(places),
  };
}

/** @throws HeadwaterError `invalid-request` */
function assertAnswerable(body: BatchRequest, { at }: ReadOptions, chains: number): void {
  const balances = body.accounts.length * (body.assets?.length ?? 1);
  if (balances > LIMITS.apiBatchBalances) {
    throw new HeadwaterError(
      "invalid-request",
      `${balances} balances are asked for: expected at most ${LIMITS.apiBatchBalances} accounts times assets`,
      { details: { in: "body", field: "assets" } },
    );
  }
  if (at !== undefined && chains > 1) {
    throw new HeadwaterError("invalid-request", "at names a block of one chain: expected accounts of one chain only", {
      details: { in: "query", field: "at" },
    });
  }
}
