import type { FastifyInstance } from "fastify";
import type { ChainService } from "../../core/contracts/service.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { ApiContext } from "../context.ts";
import { assertFresh } from "../freshness.ts";
import { redactUrls } from "../problem.ts";
import { OpenView } from "../read.ts";
import { HealthSchema, type ReadinessAnswer, ReadinessSchema } from "../schemas/health.ts";
import { NoQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

/** `GET /healthz`: the process is up. `GET /readyz`: at least one chain answers fresh reads; 503 otherwise. */
export function healthRoutes(app: FastifyInstance, { chains, gate }: ApiContext, done: () => void): void {
  app.get(
    "/healthz",
    {
      schema: {
        summary: "Whether the process is up",
        tags: ["health"],
        querystring: NoQuery,
        response: { 200: HealthSchema },
      },
    },
    (_request, reply) => reply.send({ status: "up" }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        summary: "Whether reads are answered",
        description: "Chains fail alone: one that answers is enough. A process that is stopping is not ready.",
        tags: ["health"],
        querystring: NoQuery,
        response: { 200: ref(ReadinessSchema), 503: ref(ReadinessSchema) },
      },
    },
    (_request, reply) => {
      const states = chains.all.map(assessChain);
      const ready = !gate.closing && states.some((chain) => chain.ready);
      const answer: ReadinessAnswer = { ready, chains: states };
      return reply.code(ready ? 200 : 503).send(answer);
    },
  );
  done();
}

function assessChain(service: ChainService): ReadinessAnswer["chains"][number] {
  const { state } = service.status();
  try {
    using open = new OpenView(service);
    assertFresh(open, open.position.tip, { allowStale: false }, true);
    return { chain: service.id, ready: true, state, reason: null };
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    return { chain: service.id, ready: false, state, reason: redactUrls(error.message) };
  }
}
