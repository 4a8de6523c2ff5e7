import { ERROR_CODES, type ErrorCode, HeadwaterError } from "../core/errors.ts";
import { redactUrl } from "../telemetry/redact-url.ts";

/** How long the service may take to tell its state, milliseconds: it answers from memory. */
const TIMEOUT_MS = 10_000;

/**
 * Asks a running service for a list. Gives the whole answer as parsed JSON.
 * @param base the service's URL, like `http://127.0.0.1:8420`
 * @param key the list's key in the answer: an answer without it comes from some other service
 * @throws HeadwaterError `service-unreachable`, or the code of the problem that the service answered with
 */
export async function fetchFromService(base: string, path: string, key: string): Promise<unknown> {
  const { body, status } = await send(base, path, {});
  if (!Array.isArray(body[key])) throw otherService(redactUrl(base), status);
  return body;
}

/**
 * Changes something in a running service. Gives the whole answer as parsed JSON.
 * @param key a key of every such answer: an answer without it comes from some other service
 * @throws HeadwaterError as `fetchFromService`
 */
export async function changeInService(
  base: string,
  path: string,
  change: { readonly method: "PUT" | "DELETE"; readonly body?: object },
  key: string,
): Promise<unknown> {
  const { body, status } = await send(base, path, {
    method: change.method,
    ...(change.body && { body: JSON.stringify(change.body), headers: { "content-type": "application/json" } }),
  });
  if (!Object.hasOwn(body, key)) throw otherService(redactUrl(base), status);
  return body;
}

async function send(
  base: string,
  path: string,
  request: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<{ readonly body: Record<string, unknown>; readonly status: number }> {
  const shown = redactUrl(base);
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(path, base), {
      ...request,
      headers: { accept: "application/json", ...request.headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new HeadwaterError("service-unreachable", `${shown} does not answer: ${describeFault(cause)}`, { cause });
  }
  const body = parseObject(text);
  if (!response.ok) throw problemToError(body, response.status, shown);
  return { body, status: response.status };
}

function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}

function problemToError(body: Record<string, unknown>, status: number, base: string): HeadwaterError {
  const { code, detail, title } = body;
  if (typeof code !== "string" || !Object.hasOwn(ERROR_CODES, code)) return otherService(base, status);
  return new HeadwaterError(code as ErrorCode, `${base} answered: ${String(detail ?? title ?? code)}`);
}

function otherService(base: string, status: number): HeadwaterError {
  const message = `${base} answered with status ${status}, but not as Headwater does: it is another service`;
  return new HeadwaterError("service-unreachable", message);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
