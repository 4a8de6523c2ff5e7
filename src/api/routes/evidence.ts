import type { FastifyInstance } from "fastify";
import { LIMITS } from "../../core/limits.ts";
import type { ApiContext } from "../context.ts";
import { decodeEvidenceCursor, encodeEvidenceCursor } from "../cursor.ts";
import { renderEvidence } from "../render-evidence.ts";
import { type EvidencePage, EvidencePageSchema } from "../schemas/evidence.ts";
import { problemResponse } from "../schemas/problem.ts";
import { ChainParams, EvidenceQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

type EvidenceRoute = { Params: ChainParams; Querystring: EvidenceQuery };

/** `GET /v1/chains/{chain}/evidence`: what is kept against nodes, newest first. */
export function evidenceRoutes(app: FastifyInstance, { chains, accounts, gate }: ApiContext, done: () => void): void {
  app.get<EvidenceRoute>(
    "/v1/chains/:chain/evidence",
    {
      schema: {
        summary: "Evidence against nodes",
        tags: ["chains"],
        params: ChainParams,
        querystring: EvidenceQuery,
        response: { 200: ref(EvidencePageSchema), default: problemResponse },
      },
    },
    gate.answer<EvidenceRoute>(async ({ params, query }): Promise<EvidencePage> => {
      const service = chains.find(params.chain);
      const limit = query.limit ?? LIMITS.apiPageRowsDefault;
      const before = query.cursor === undefined ? undefined : decodeEvidenceCursor(service.id, query.cursor);
      const rows = await service.evidence(limit + 1, before);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        chain: service.id,
        evidence: shown.map((evidence) => renderEvidence(service, accounts, evidence)),
        next: last ? encodeEvidenceCursor(service.id, last.sequence) : null,
      };
    }),
  );
  done();
}
