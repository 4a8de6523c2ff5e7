import type { FastifyInstance } from "fastify";
import type { ApiContext } from "../context.ts";
import { renderNode } from "../render.ts";
import { type NodesAnswer, NodesSchema } from "../schemas/chains.ts";
import { problemResponse } from "../schemas/problem.ts";
import { NoQuery } from "../schemas/requests.ts";

/** `GET /v1/nodes`: every node of every chain. URLs are never shown: they may hold credentials. */
export function nodeRoutes(app: FastifyInstance, { chains, gate }: ApiContext, done: () => void): void {
  app.get(
    "/v1/nodes",
    {
      schema: {
        summary: "All nodes",
        tags: ["nodes"],
        querystring: NoQuery,
        response: { 200: NodesSchema, default: problemResponse },
      },
    },
    gate.answer(
      (): NodesAnswer => ({
        nodes: chains.all.flatMap((service) => service.nodes().map((node) => renderNode(service, node))),
      }),
    ),
  );
  done();
}
