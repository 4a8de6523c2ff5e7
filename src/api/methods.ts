import type { FastifyInstance, HTTPMethods } from "fastify";
import { HeadwaterError } from "../core/errors.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Remembers the methods of every route that is registered after this call. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methods.set(url, known);
  });
  return methods;
}

/** Answers every other method of these routes with 405 and Allow (RFC 9110), before a body is read. */
export function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  // A copy: the routes added here are collected too.
  for (const [url, known] of [...methods]) {
    const others = METHODS.filter((method) => !known.has(method));
    const allow = METHODS.filter((method) => known.has(method)).join(", ");
    if (others.length === 0) continue;
    app.route({
      url,
      method: others,
      schema: { hide: true },
      onRequest: (request, reply, done) => {
        reply.header("allow", allow);
        done(
          new HeadwaterError("method-not-allowed", `${request.method} is not for this route: expected ${allow}`, {
            details: { allow: allow.split(", ") },
          }),
        );
      },
      handler: (_request, reply) => reply.send(),
    });
  }
}
