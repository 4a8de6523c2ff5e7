import { LIMITS } from "../../core/limits.ts";

/**
 * Retry-After in seconds or as an HTTP date (RFC 9110, section 10.2.3), as milliseconds from `now`, at most
 * `LIMITS.nodePauseMs`. Undefined where there is none, or none that can be read.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LIMITS.nodePauseMs) : undefined;
}
