import { randomBytes } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { quote } from "../core/caip.ts";
import type { Logger } from "../core/contracts/logger.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { answerClientError, buildErrorHandler } from "./error-handler.ts";
import type { ApiLimits } from "./limits.ts";
import { buildValidatorCompiler, formatViolation } from "./validation.ts";

/** Percent-encoding makes three characters of one. */
const PARAM_CHARACTERS = LIMITS.apiIdCharacters * 3;

/** A fastify server with our limits, our checks and our errors, and no route. */
export function buildServer(limits: ApiLimits, logger: Logger): FastifyInstance {
  const process = randomBytes(4).toString("hex");
  let requests = 0;
  const onError = buildErrorHandler(logger);
  const app = Fastify({
    logger: false,
    genReqId: () => `${process}-${(++requests).toString(36)}`,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    // Node looks for late requests only so often, and headers must not be given longer than the whole request.
    http: {
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(50, Math.min(1_000, limits.requestTimeoutMs / 4)),
    },
    // The gate answers while closing, with a problem.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_CHARACTERS },
    frameworkErrors: onError,
    clientErrorHandler: answerClientError,
  });
  app.removeContentTypeParser("text/plain");
  app.setValidatorCompiler(buildValidatorCompiler());
  app.setSchemaErrorFormatter(formatViolation);
  // Answers are typed by the schemas they are documented with; tests check them against these. At run time, plain JSON.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(onError);
  app.setNotFoundHandler((request) => {
    throw new HeadwaterError("route-unknown", `there is no route ${request.method} ${quote(request.url)}`);
  });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    done();
  });
  return app;
}
