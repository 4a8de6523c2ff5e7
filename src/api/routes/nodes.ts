import type { FastifyInstance } from "fastify";
import { quote } from "../../core/caip.ts";
import type { ChainService } from "../../core/contracts/service.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { ChainDirectory } from "../chain-directory.ts";
import type { ApiContext } from "../context.ts";
import { renderNode } from "../render-node.ts";
import { type NodeAnswer, NodeSchema, type NodesAnswer, NodesSchema } from "../schemas/chains.ts";
import { problemResponse } from "../schemas/problem.ts";
import { CordonRequest, NodeParams, NodesQuery, NoQuery } from "../schemas/requests.ts";
import { ref } from "../schemas/shape.ts";

type NodesRoute = { Querystring: NodesQuery };
type CordonRoute = { Params: NodeParams; Body: CordonRequest };
type UncordonRoute = { Params: NodeParams };

/**
 * `GET /v1/nodes`: every node, or those of one chain. `PUT` and `DELETE /v1/nodes/{name}/cordon`: an operator takes a node
 * out of use and gives it back. URLs are never shown: they may hold credentials.
 */
export function nodeRoutes(app: FastifyInstance, { chains, gate, logger }: ApiContext, done: () => void): void {
  const changed = {
    params: NodeParams,
    querystring: NoQuery,
    response: { 200: ref(NodeSchema), default: problemResponse },
  };
  app.get<NodesRoute>(
    "/v1/nodes",
    {
      schema: {
        summary: "All nodes",
        tags: ["nodes"],
        querystring: NodesQuery,
        response: { 200: NodesSchema, default: problemResponse },
      },
    },
    gate.answer<NodesRoute>(({ query }): NodesAnswer => {
      const services = query.chain === undefined ? chains.all : [chains.find(query.chain)];
      return { nodes: services.flatMap((service) => service.nodes().map((node) => renderNode(service, node))) };
    }),
  );
  app.put<CordonRoute>(
    "/v1/nodes/:name/cordon",
    { schema: { summary: "Take a node out of use", tags: ["nodes"], body: CordonRequest, ...changed } },
    gate.answer<CordonRoute>(async ({ params, body }): Promise<NodeAnswer> => {
      const service = serviceOf(chains, params.name);
      await service.cordon(params.name, body.reason);
      logger.warn({ chain: service.id, node: params.name, reason: body.reason }, `node ${params.name} is cordoned`);
      return describeNode(service, params.name);
    }),
  );
  app.delete<UncordonRoute>(
    "/v1/nodes/:name/cordon",
    { schema: { summary: "Give a node back", tags: ["nodes"], ...changed } },
    gate.answer<UncordonRoute>(async ({ params }): Promise<NodeAnswer> => {
      const service = serviceOf(chains, params.name);
      await service.uncordon(params.name);
      logger.warn({ chain: service.id, node: params.name }, `node ${params.name} is no longer cordoned`);
      return describeNode(service, params.name);
    }),
  );
  done();
}

/** Node names are unique over the whole configuration. */
function serviceOf(chains: ChainDirectory, name: string): ChainService {
  const service = chains.all.find((each) => each.nodes().some((node) => node.name === name));
  if (service) return service;
  const known = chains.all.flatMap((each) => each.nodes().map((node) => node.name));
  throw new HeadwaterError("node-unknown", `no node is called ${quote(name)}: expected one of ${known.join(", ")}`, {
    details: { node: name.slice(0, 120), configured: known },
  });
}

function describeNode(service: ChainService, name: string): NodeAnswer {
  const node = service.nodes().find((each) => each.name === name);
  if (!node) throw new HeadwaterError("node-unknown", `no node of ${service.id} is called ${quote(name)}`);
  return renderNode(service, node);
}
