import type { FastifyInstance } from "fastify";
import type { ChainService } from "../../core/contracts/service.ts";
import { asHeadwaterError, HeadwaterError } from "../../core/errors.ts";
import type { KnownAccount } from "../account-directory.ts";
import { accountError, type ChainShare, shareOut } from "../batch.ts";
import type { ApiContext } from "../context.ts";
import { Reply } from "../gate.ts";
import { isOurs } from "../problem.ts";
import {
  type AccountAnswer,
  AccountSchema,
  type WatchBatchAnswer,
  WatchBatchSchema,
  type WatchRequest,
  WatchRequestSchema,
} from "../schemas/accounts.ts";
import type { AccountErrorAnswer } from "../schemas/balances.ts";
import { problemResponse } from "../schemas/problem.ts";
import { AccountParams, NoQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { notWatched, renderKept, renderWatched, watchlistOf } from "../watching.ts";

type AccountRoute = { Params: AccountParams };
type BatchRoute = { Body: WatchRequest };

/** `GET`, `PUT`, `DELETE /v1/accounts/{account}`, `POST /v1/accounts`: which accounts a chain of scope `watched` keeps. */
export function watchRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const { accounts, gate } = context;
  const one = { tags: ["accounts"], params: AccountParams, querystring: NoQuery };
  const found = { 200: ref(AccountSchema), default: problemResponse };
  app.get<AccountRoute>(
    "/v1/accounts/:account",
    { schema: { summary: "From which block on an account is kept", ...one, response: found } },
    gate.answer<AccountRoute>(({ params }) => answerAccount(accounts.resolve(params.account))),
  );
  app.put<AccountRoute>(
    "/v1/accounts/:account",
    {
      schema: {
        summary: "Watch an account",
        description:
          "On chains of scope watched: the index keeps the account from the answer's `indexedFrom` on. 201 where it was not watched, else 200 and nothing has changed. On chains of scope all: 200, every account is kept.",
        ...one,
        response: { 201: ref(AccountSchema), ...found },
      },
    },
    gate.answer<AccountRoute>(({ params }) => watchOne(accounts.resolve(params.account))),
  );
  app.delete<AccountRoute>(
    "/v1/accounts/:account",
    {
      schema: {
        summary: "Watch an account no longer",
        description: "Its history is erased: watched again, it begins anew. 204 also where it was not watched.",
        ...one,
        response: { 204: { description: "It is not watched", type: "null" }, default: problemResponse },
      },
    },
    gate.answer<AccountRoute>(({ params }) => unwatchOne(accounts.resolve(params.account))),
  );
  app.post<BatchRoute>(
    "/v1/accounts",
    {
      schema: {
        summary: "Watch many accounts",
        description:
          "As PUT, for each. An account that fails, fails alone; the accounts of one chain are registered all at once.",
        tags: ["accounts"],
        querystring: NoQuery,
        body: WatchRequestSchema,
        response: { 200: ref(WatchBatchSchema), default: problemResponse },
      },
    },
    gate.answer<BatchRoute>(({ body }) => watchMany(context, body.accounts)),
  );
  done();
}

/** @throws HeadwaterError `not-ready`, `account-not-watched` */
function answerAccount(known: KnownAccount): AccountAnswer {
  const { service, account } = known;
  if (service.scope === "all") return renderKept(known);
  watchlistOf(known);
  using view = service.view();
  const watched = view?.watched(account);
  if (!watched) throw notWatched(known);
  return renderWatched(known, watched);
}

async function watchOne(known: KnownAccount): Promise<AccountAnswer | Reply> {
  if (known.service.scope === "all") return renderKept(known);
  const [outcome] = await watchlistOf(known).watch([known.account]);
  if (!outcome) throw new HeadwaterError("internal", `${known.service.id} lost a registration`);
  const answer = renderWatched(known, outcome);
  return outcome.isNew ? new Reply(201, answer) : answer;
}

async function unwatchOne(known: KnownAccount): Promise<Reply> {
  const { service, account } = known;
  if (service.scope === "all") {
    throw new HeadwaterError("unsupported", `${service.id} keeps all accounts: none can be left out`, {
      details: { chain: service.id, scope: "all" },
    });
  }
  await watchlistOf(known).unwatch([account]);
  return new Reply(204);
}

async function watchMany({ accounts, logger }: ApiContext, texts: readonly string[]): Promise<WatchBatchAnswer> {
  const shares = shareOut(texts, accounts);
  const answers = await Promise.all(
    Array.from(shares.chains.values(), (share) =>
      watchShare(share).catch((error: unknown) => {
        const { code } = asHeadwaterError(error);
        if (isOurs(code))
          logger.error({ chain: share.service.id, code, err: error }, "accounts could not be registered");
        return failShare(share, error);
      }),
    ),
  );
  const results = new Map<string, AccountAnswer | AccountErrorAnswer>(shares.errors);
  for (const answer of answers) for (const [text, result] of answer.results) results.set(text, result);
  return {
    results: texts.map((text) => {
      const result = results.get(text);
      if (!result) throw new HeadwaterError("internal", "an account of the batch was lost");
      return result;
    }),
    registered: answers.reduce((sum, { registered }) => sum + registered, 0),
  };
}

type ShareOutcome = {
  readonly results: ReadonlyMap<string, AccountAnswer | AccountErrorAnswer>;
  readonly registered: number;
};

async function watchShare({ service, accounts }: ChainShare): Promise<ShareOutcome> {
  const known = [...accounts];
  if (service.scope === "all") {
    return { results: new Map(known.map(([text, each]) => [text, renderKept(each)])), registered: 0 };
  }
  const [first] = known;
  if (!first) return { results: new Map(), registered: 0 };
  const outcomes = await watchlistOf(first[1]).watch(known.map(([, { account }]) => account));
  const results = known.map(
    ([text, each], i) => [text, renderWatched(each, outcomes[i] as (typeof outcomes)[number])] as const,
  );
  return { results: new Map(results), registered: outcomes.filter(({ isNew }) => isNew).length };
}

function failShare({ accounts }: { readonly service: ChainService } & ChainShare, error: unknown): ShareOutcome {
  return { results: new Map(Array.from(accounts.keys(), (text) => [text, accountError(text, error)])), registered: 0 };
}
