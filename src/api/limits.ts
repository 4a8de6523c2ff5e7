import { LIMITS } from "../core/limits.ts";

/** The caps that a test may lower. Everything else is read from LIMITS where it is used. */
export type ApiLimits = {
  /** Bytes. */
  readonly bodyBytes: number;
  readonly requestsInFlight: number;
  /** For a request to arrive, and for its answer, milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long closing waits for running requests, milliseconds. */
  readonly shutdownMs: number;
};

export const API_LIMITS: ApiLimits = {
  bodyBytes: LIMITS.apiBodyBytes,
  requestsInFlight: LIMITS.apiRequestsInFlight,
  requestTimeoutMs: LIMITS.apiRequestTimeoutMs,
  shutdownMs: LIMITS.shutdownMs,
};
