import { ERROR_CODES, type ErrorCode, type ErrorData, HeadwaterError } from "../core/errors.ts";
import type { Problem } from "./schemas/problem.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

// What a path of the file system or a stack may hide in is for the log alone.
const HIDDEN = "The log holds more under the request's id.";

/** Whether an error is a fault inside Headwater or its store: its text is for the log alone. */
export function isOurs(code: ErrorCode): boolean {
  return code === "internal" || code === "plugin-invalid" || ERROR_CODES[code].fault === "store";
}

/**
 * An error as RFC 9457 shows it. The texts of faults inside Headwater and its store are replaced: they may name paths
 * and code. URLs in the texts of nodes' faults lose all but scheme and host: the rest may be a key.
 * @param instance the path asked for; undefined for an error inside another answer
 */
export function buildProblem(error: ErrorData | HeadwaterError, instance?: string): Problem {
  const { title, status } = ERROR_CODES[error.code];
  const inside = isOurs(error.code);
  const details = inside ? pickRequestId(error.details) : error.details;
  return {
    type: `urn:headwater:error:${error.code}`,
    title,
    status,
    detail: inside ? HIDDEN : redactUrls(error.message),
    ...(instance === undefined ? {} : { instance }),
    code: error.code,
    ...(error.retry.afterMs === undefined ? {} : { retryAfterMs: error.retry.afterMs }),
    ...(Object.keys(details).length === 0 ? {} : { details: redactDetails(details) }),
  };
}

/** The same error with the request's id among its details, by which the log is searched. */
export function withRequestId(error: HeadwaterError, requestId: string): HeadwaterError {
  return new HeadwaterError(error.code, error.message, {
    details: { ...error.details, requestId },
    retry: error.retry,
    cause: error,
  });
}

/** Whole seconds for a Retry-After header (RFC 9110), at least 1; undefined where waiting does not help. */
export function retryAfterSeconds(error: ErrorData | HeadwaterError): number | undefined {
  const { afterMs } = error.retry;
  return afterMs === undefined ? undefined : Math.max(1, Math.ceil(afterMs / 1000));
}

/** Cuts every URL in a text down to its scheme and host. */
export function redactUrls(text: string): string {
  return text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s/?#"'<>]+)[^\s"'<>]*/gi, "$1$2");
}

function redactDetails(details: ErrorData["details"]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, typeof value === "string" ? redactUrls(value) : value]),
  );
}

function pickRequestId(details: ErrorData["details"]): ErrorData["details"] {
  const requestId = details["requestId"];
  return requestId === undefined ? {} : { requestId };
}
