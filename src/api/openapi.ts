import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { COMPONENTS } from "./schemas/components.ts";

// The page and all it loads come from this process: it works without a network, and nothing else may be loaded.
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Makes OpenAPI 3.1 of the routes registered after this call. Their schemas are the ones that check requests. */
export function registerOpenApi(app: FastifyInstance, version: string): void {
  for (const component of COMPONENTS) app.addSchema(component);
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Headwater",
        version,
        description:
          "Balances and transactions of many chains. Every answer says which block it stands on. Errors are RFC 9457 problems with a code.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: ["chains", "balances", "accounts", "nodes", "health"].map((name) => ({ name })),
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, i) => (typeof $id === "string" ? $id : `def-${i}`),
    },
  });
}

/** `GET /openapi.json` and the page `/docs`. To be registered last. */
export function registerDocs(app: FastifyInstance, _options: object, done: () => void): void {
  app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: PAGE_POLICY,
    uiConfig: { validatorUrl: null, deepLinking: true },
  });
  let text: string | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.header("content-type", "application/json; charset=utf-8").send(text);
  });
  done();
}
