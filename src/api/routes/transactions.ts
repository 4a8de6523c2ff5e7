import type { FastifyInstance } from "fastify";
import { quote } from "../../core/caip.ts";
import type { ChainService } from "../../core/contracts/service.ts";
import type { StoredTransaction } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { blockEntryId } from "../../core/model.ts";
import type { ApiContext } from "../context.ts";
import { assertAgreement, assertFresh, assertNotOlder, assertNotStale } from "../freshness.ts";
import { parseReadOptions, type ReadOptions } from "../query.ts";
import { OpenView } from "../read.ts";
import { renderTransaction } from "../render.ts";
import { problemResponse } from "../schemas/problem.ts";
import { FreshnessQuery, TransactionParams } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";
import { type TransactionAnswer, TransactionSchema } from "../schemas/transactions.ts";

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
        tags: ["chains"],
        params: TransactionParams,
        querystring: FreshnessQuery,
        response: { 200: ref(TransactionSchema), default: problemResponse },
      },
    },
    gate.answer<TransactionRoute>(async ({ params, query }): Promise<TransactionAnswer> => {
      const service = chains.find(params.chain);
      const options = parseReadOptions(query);
      const id = parseTransactionId(service, params.id);
      using open = new OpenView(service);
      const transaction = await readTransaction(open, id, options);
      return renderTransaction(service, accounts, transaction, open.position, undefined);
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

async function readTransaction(open: OpenView, id: string, options: ReadOptions): Promise<StoredTransaction> {
  const { service, view, position } = open;
  assertNotOlder(service, position.tip, options, false);
  const transaction = await view.transaction(id);
  if (transaction === undefined) {
    // An index that is behind may lack a transaction that there is: it must not say that there is none.
    if (!options.allowStale) assertNotStale(service);
    throw new HeadwaterError("transaction-unknown", `${service.id} has no transaction ${quote(id)} as indexed`, {
      details: { chain: service.id, indexedHeight: position.tip.height, startHeight: service.startHeight ?? null },
    });
  }
  assertFresh(service, position, transaction.block, options, false);
  assertAgreement(service, transaction.block, service.agreementOf(transaction.block), options);
  return transaction;
}
