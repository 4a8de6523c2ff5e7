import type { FastifyInstance } from "fastify";
import type { ApiContext } from "../context.ts";

/** `GET /metrics`: what this process measures, for Prometheus. Not part of `/v1` nor of its document. */
export function metricsRoute(app: FastifyInstance, { expose }: ApiContext, done: () => void): void {
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    const { contentType, text } = await expose();
    return reply.header("content-type", contentType).send(text);
  });
  done();
}
