import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../core/contracts/logger.ts";
import { asHeadwaterError, type ErrorCode, HeadwaterError } from "../core/errors.ts";
import { buildProblem, isOurs, PROBLEM_TYPE, retryAfterSeconds, withRequestId } from "./problem.ts";

/** What fastify itself refuses, in our codes and words. Its other errors are faults of ours. */
const FASTIFY_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ["invalid-json", "the body is not JSON: expected an object as RFC 8259 writes it"],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["invalid-json", "the body is empty: expected a JSON object"],
  FST_ERR_CTP_BODY_TOO_LARGE: ["body-too-large", "the body is larger than this service reads"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["media-type-unsupported", "the body is of another type: expected application/json"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["invalid-request", "the body is not as long as Content-Length says"],
  FST_ERR_BAD_URL: ["invalid-request", "the path is not percent-encoded as RFC 3986 says"],
  FST_ERR_MAX_PARAM_LENGTH: ["invalid-request", "a part of the path is longer than any id"],
};

/** Sends an error as application/problem+json, with Retry-After where waiting helps. */
export function sendProblem(reply: FastifyReply, error: HeadwaterError): void {
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) reply.header("retry-after", seconds);
  const problem = buildProblem(error, pathOf(reply.request.url));
  reply.problemCode = error.code;
  reply.code(problem.status).header("content-type", PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** The handler of every error of every route. Faults that are no caller's are logged with the request's id. */
export function buildErrorHandler(logger: Logger) {
  return (thrown: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const error = classify(thrown);
    if (!isOurs(error.code)) {
      sendProblem(reply, error);
      return;
    }
    const { id, method, url } = request;
    logger.error(
      { requestId: id, method, path: pathOf(url), code: error.code, err: thrown },
      "a request failed inside",
    );
    sendProblem(reply, withRequestId(error, id));
  };
}

/** Answers on a connection that never became a request: broken HTTP, headers too large, too slow. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = buildProblem(classifyClientError(error.code));
  const body = JSON.stringify(problem);
  const status = problem.status === 408 ? "408 Request Timeout" : "400 Bad Request";
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function classifyClientError(code: string | undefined): HeadwaterError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new HeadwaterError("request-timeout", "the request did not arrive whole in time");
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new HeadwaterError("invalid-request", "the request's headers are larger than 16 KiB: expected less");
  }
  return new HeadwaterError("invalid-request", "what came is not HTTP/1.1");
}

function classify(thrown: FastifyError | Error): HeadwaterError {
  if (thrown instanceof HeadwaterError) return thrown;
  const known = "code" in thrown ? FASTIFY_ERRORS[String(thrown.code)] : undefined;
  if (known) return new HeadwaterError(known[0], known[1], { cause: thrown });
  // A client that goes away in the middle of its body is no fault of ours either.
  if ("statusCode" in thrown && thrown.statusCode === 400) {
    return new HeadwaterError("invalid-request", thrown.message, { cause: thrown });
  }
  return asHeadwaterError(thrown);
}

/** The path without its query: a query may be long, and `instance` is for telling requests apart. */
function pathOf(url: string): string {
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  return path.length > 200 ? `${path.slice(0, 197)}...` : path;
}
