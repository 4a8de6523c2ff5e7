import type { FastifyInstance } from "fastify";
import type { ChainService } from "../../core/contracts/service.ts";
import type { ApiContext } from "../context.ts";
import { renderChain } from "../render.ts";
import { type ChainAnswer, ChainSchema, type ChainsAnswer, ChainsSchema } from "../schemas/chains.ts";
import { problemResponse } from "../schemas/problem.ts";
import { ChainParams, NoQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

/** `GET /v1/chains`, `GET /v1/chains/{chain}`: what is synced how far, and how well. Always answered, also when stale. */
export function chainRoutes(app: FastifyInstance, { chains, gate }: ApiContext, done: () => void): void {
  app.get(
    "/v1/chains",
    {
      schema: {
        summary: "All chains",
        tags: ["chains"],
        querystring: NoQuery,
        response: { 200: ChainsSchema, default: problemResponse },
      },
    },
    gate.answer(async (): Promise<ChainsAnswer> => ({ chains: await Promise.all(chains.all.map(describeChain)) })),
  );
  app.get(
    "/v1/chains/:chain",
    {
      schema: {
        summary: "One chain",
        tags: ["chains"],
        params: ChainParams,
        querystring: NoQuery,
        response: { 200: ref(ChainSchema), default: problemResponse },
      },
    },
    gate.answer<{ Params: ChainParams }>(({ params }): Promise<ChainAnswer> => {
      return describeChain(chains.find(params.chain));
    }),
  );
  done();
}

async function describeChain(service: ChainService): Promise<ChainAnswer> {
  const evidence = await service.evidenceCounts();
  using view = service.view();
  return renderChain(service, view?.position, evidence);
}
