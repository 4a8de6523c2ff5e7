import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { quote } from "../../core/caip.ts";
import type { ChainService, PendingEntry, RetractedPending } from "../../core/contracts/service.ts";
import type { StoredTransaction } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { blockEntryId } from "../../core/model.ts";
import type { ApiContext } from "../context.ts";
import { assertAgreement, assertFresh, assertNotOlder, assertNotStale } from "../freshness.ts";
import { renderPending } from "../pending.ts";
import { parseReadOptions, type ReadOptions } from "../query.ts";
import { OpenView } from "../read.ts";
import { formatTime } from "../render-block.ts";
import { renderTransaction } from "../render-transaction.ts";
import { type PendingTransactionAnswer, PendingTransactionSchema } from "../schemas/pending.ts";
import { problemResponse } from "../schemas/problem.ts";
import { FreshnessQuery, TransactionParams } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { type TransactionAnswer, TransactionSchema } from "../schemas/transactions.ts";

type EitherAnswer = TransactionAnswer | PendingTransactionAnswer;

const EitherSchema = Type.Unsafe<EitherAnswer>({ anyOf: [ref(TransactionSchema), ref(PendingTransactionSchema)] });

type TransactionRoute = { Params: TransactionParams; Querystring: FreshnessQuery };

/** `GET /v1/chains/{chain}/transactions/{id}` */
export function transactionRoutes(
  app: FastifyInstance,
  { chains, accounts, gate }: ApiContext,
  done: () => void,
): void {
  app.get<TransactionRoute>(
    "/v1/chains/:chain/transactions/:id",
    {
      schema: {
        summary: "One transaction",
        description: "`status` tells one of a block from one that is pending, which has no block to name.",
        tags: ["chains"],
        params: TransactionParams,
        querystring: FreshnessQuery,
        response: { 200: EitherSchema, default: problemResponse },
      },
    },
    gate.answer<TransactionRoute>(async ({ params, query }): Promise<EitherAnswer> => {
      const service = chains.find(params.chain);
      const options = parseReadOptions(query);
      const id = parseTransactionId(service, params.id);
      using open = new OpenView(service);
      // Before anything is awaited: what is confirmed meanwhile is then still found here.
      const heard = service.pending?.find(id);
      const transaction = await findTransaction(open, id, options);
      if (transaction) return renderTransaction(service, accounts, transaction, open.position, undefined);
      if (!heard || "end" in heard) throw unknown(open, id, heard);
      assertHeld(service, heard, options);
      return renderPending(service, accounts, heard, undefined);
    }),
  );
  done();
}

/** @throws HeadwaterError `invalid-request` */
function parseTransactionId(service: ChainService, text: string): string {
  const [, ofBlock] = /^block:(.+)$/.exec(text) ?? [];
  const hash = service.chain.parseHash(ofBlock ?? text);
  if (hash !== undefined) return ofBlock === undefined ? hash : blockEntryId(hash);
  throw new HeadwaterError("invalid-request", `${quote(text)} is not the id of a transaction of ${service.id}`, {
    details: { in: "path", field: "id" },
  });
}

/** The transaction as indexed; undefined where an index that is new enough has none. */
async function findTransaction(
  open: OpenView,
  id: string,
  options: ReadOptions,
): Promise<StoredTransaction | undefined> {
  const { service, view, position } = open;
  assertNotOlder(service, position.tip, options, false);
  const transaction = await view.transaction(id);
  if (transaction === undefined) {
    // An index that is behind may lack a transaction that there is: it must not say that there is none.
    if (!options.allowStale) assertNotStale(service);
    return undefined;
  }
  assertFresh(open, transaction.block, options, false);
  assertAgreement(service, transaction.block, service.agreementOf(transaction.block), options);
  return transaction;
}

/** That there is none, and what became of it where it was pending lately. */
function unknown({ service, position }: OpenView, id: string, ended: RetractedPending | undefined): HeadwaterError {
  const kept = service.scope === "watched" ? ": only transactions of watched accounts are kept" : "";
  const became = ended ? `: it was pending and was ${ended.end}${ended.by === null ? "" : ` by ${ended.by}`}` : "";
  return new HeadwaterError(
    "transaction-unknown",
    `${service.id} has no transaction ${quote(id)} as indexed${became}${kept}`,
    {
      details: {
        chain: service.id,
        indexedHeight: position.tip.height,
        startHeight: service.startHeight ?? null,
        ...(service.scope === "watched" ? { scope: service.scope } : {}),
        ...(ended ? { end: ended.end, endedAt: formatTime(ended.at), by: ended.by } : {}),
      },
    },
  );
}

/** @throws HeadwaterError `agreement-insufficient` where too few operators have the pending transaction */
function assertHeld(
  service: ChainService,
  { operators, transaction }: PendingEntry,
  { minOperators }: ReadOptions,
): void {
  if (operators >= minOperators) return;
  throw new HeadwaterError(
    "agreement-insufficient",
    `${operators} operators have the pending transaction ${transaction.id} of ${service.id}, asked for ${minOperators}`,
    { details: { chain: service.id, operators, minOperators } },
  );
}
