/** Who is at fault. It decides who is told: the caller (4xx), the pool, the operator. */
export type Fault = "caller" | "node" | "data" | "store" | "internal";

/** What may help. The two axes are independent: a slow node deserves the other node, a busy one itself a little later. */
export type Retry = { readonly sameNode: boolean; readonly otherNode: boolean; readonly afterMs?: number };

type CodeEntry = { readonly fault: Fault; readonly status: number; readonly retry: Retry; readonly title: string };

const never: Retry = { sameNode: false, otherNode: false };
const other: Retry = { sameNode: false, otherNode: true };
const either: Retry = { sameNode: true, otherNode: true };

/**
 * Every error code there is, with its HTTP status (RFC 9110) as the API shows it. A test holds this table against
 * docs/errors.md. "Not there yet" (`block-not-yet`) and "never will be" (`block-unknown`) are different codes.
 */
export const ERROR_CODES = {
  "invalid-request": { fault: "caller", status: 400, retry: never, title: "The request is not of the documented form" },
  "invalid-json": { fault: "caller", status: 400, retry: never, title: "The body is not JSON" },
  "invalid-chain": { fault: "caller", status: 400, retry: never, title: "Not a CAIP-2 chain id" },
  "invalid-account": { fault: "caller", status: 400, retry: never, title: "Not an account of this chain" },
  "invalid-asset": { fault: "caller", status: 400, retry: never, title: "Not an asset of this chain" },
  "invalid-cursor": { fault: "caller", status: 400, retry: never, title: "The cursor was not issued by this service" },
  "invalid-token": { fault: "caller", status: 400, retry: never, title: "The token was not issued by this service" },
  "chain-unknown": { fault: "caller", status: 404, retry: never, title: "This chain is not configured here" },
  "node-unknown": { fault: "caller", status: 404, retry: never, title: "No node of this name is configured here" },
  "route-unknown": { fault: "caller", status: 404, retry: never, title: "There is no such route" },
  "block-unknown": { fault: "caller", status: 404, retry: never, title: "No such block on this chain as indexed" },
  "block-not-yet": { fault: "caller", status: 404, retry: { ...never, afterMs: 1000 }, title: "Not indexed yet" },
  "block-skipped": { fault: "caller", status: 404, retry: never, title: "The chain has no block at this height" },
  "block-not-covered": { fault: "caller", status: 404, retry: never, title: "Before the first indexed block" },
  "account-not-watched": { fault: "caller", status: 404, retry: never, title: "This account is not watched here" },
  "watchlist-full": {
    fault: "caller",
    status: 409,
    retry: never,
    title: "As many accounts are watched as there may be",
  },
  "transaction-unknown": { fault: "caller", status: 404, retry: never, title: "No such transaction in the index" },
  "transaction-invalid": {
    fault: "caller",
    status: 400,
    retry: never,
    title: "Not a transaction of this chain, or its signatures do not hold",
  },
  "transaction-expired": {
    fault: "caller",
    status: 409,
    retry: never,
    title: "No block can have the transaction any more",
  },
  "insufficient-funds": { fault: "caller", status: 422, retry: never, title: "The sender cannot pay what it takes" },
  "transaction-rejected": { fault: "caller", status: 422, retry: never, title: "The transaction would fail" },
  "method-not-allowed": { fault: "caller", status: 405, retry: never, title: "This route has other methods" },
  "body-too-large": { fault: "caller", status: 413, retry: never, title: "The body is larger than the limit" },
  "media-type-unsupported": { fault: "caller", status: 415, retry: never, title: "Send application/json" },
  "request-timeout": { fault: "caller", status: 408, retry: never, title: "The request did not arrive in time" },
  unsupported: { fault: "caller", status: 501, retry: never, title: "This chain or its configuration cannot tell" },
  "not-ready": {
    fault: "internal",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "Nothing is indexed or heard yet",
  },
  stale: {
    fault: "internal",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "Older than the chain's lag budget",
  },
  "behind-token": {
    fault: "internal",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "This replica is behind the token",
  },
  "agreement-insufficient": {
    fault: "internal",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "Fewer operators stand behind it than asked for",
  },
  "deadline-exceeded": {
    fault: "internal",
    status: 504,
    retry: { ...never, afterMs: 1000 },
    title: "The answer took longer than a request may take",
  },
  "shutting-down": {
    fault: "internal",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "The service is stopping",
  },
  overloaded: { fault: "internal", status: 503, retry: { ...never, afterMs: 1000 }, title: "A queue is full" },
  "balance-unavailable": {
    fault: "node",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "The balance is known neither to the ledger nor to a node that answers",
  },
  "node-unreachable": { fault: "node", status: 502, retry: either, title: "The node could not be reached" },
  "node-timeout": { fault: "node", status: 504, retry: other, title: "The node did not answer in time" },
  "node-throttled": {
    fault: "node",
    status: 503,
    retry: { ...either, afterMs: 1000 },
    title: "The node asks for fewer requests",
  },
  "node-http-error": { fault: "node", status: 502, retry: other, title: "The node answered with an HTTP error" },
  "node-bad-response": {
    fault: "node",
    status: 502,
    retry: other,
    title: "The node's answer is not of the expected form",
  },
  "node-rpc-error": { fault: "node", status: 502, retry: other, title: "The node answered with an error" },
  "node-response-too-large": { fault: "node", status: 502, retry: other, title: "The node's answer is over the limit" },
  "node-wrong-chain": { fault: "node", status: 502, retry: other, title: "The node serves another chain" },
  "node-wrong-block": {
    fault: "node",
    status: 502,
    retry: other,
    title: "The node answered with another block than asked",
  },
  "node-block-missing": { fault: "node", status: 502, retry: other, title: "The node does not have this block (yet)" },
  "node-block-skipped": {
    fault: "node",
    status: 502,
    retry: other,
    title: "The node says that the chain skips this height",
  },
  "node-history-pruned": { fault: "node", status: 502, retry: other, title: "The node has pruned what was asked" },
  "node-method-unsupported": { fault: "node", status: 501, retry: other, title: "The node does not offer this method" },
  "nodes-exhausted": { fault: "node", status: 503, retry: { ...either, afterMs: 1000 }, title: "No node could answer" },
  "integrity-violation": { fault: "data", status: 502, retry: other, title: "What a node said contradicts itself" },
  "broken-link": { fault: "data", status: 502, retry: other, title: "A block does not follow the one before it" },
  "finality-conflict": { fault: "data", status: 503, retry: never, title: "Nodes contradict what was final" },
  "store-locked": { fault: "store", status: 503, retry: never, title: "Another process uses this store" },
  "store-corrupt": { fault: "store", status: 503, retry: never, title: "The store holds bytes that cannot be read" },
  "store-incompatible": {
    fault: "store",
    status: 503,
    retry: never,
    title: "The store was written with other settings",
  },
  "store-closed": { fault: "store", status: 503, retry: never, title: "The store is closed" },
  "store-failure": { fault: "store", status: 503, retry: never, title: "The store could not be read or written" },
  "plugin-invalid": { fault: "internal", status: 500, retry: never, title: "The plugin does not keep its contract" },
  "address-in-use": { fault: "caller", status: 503, retry: never, title: "Another process listens on this address" },
  "service-unreachable": {
    fault: "caller",
    status: 503,
    retry: { ...never, afterMs: 1000 },
    title: "No Headwater service answers at this URL",
  },
  "config-invalid": { fault: "caller", status: 400, retry: never, title: "The configuration is not valid" },
  "test-node-failed": {
    fault: "internal",
    status: 500,
    retry: never,
    title: "A node of the test network could not be started or did not do as told",
  },
  internal: { fault: "internal", status: 500, retry: never, title: "A fault in Headwater itself" },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Typed facts about an error, safe to show: no credentials, no URLs with them. Bigints are shown as strings. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type ErrorOptions = { readonly details?: ErrorDetails; readonly cause?: unknown; readonly retry?: Retry };

/** The one base of every error that leaves a module. The message says what, where, and what was expected. */
export class HeadwaterError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HeadwaterError";
    this.code = code;
    this.retry = options.retry ?? ERROR_CODES[code].retry;
    this.details = options.details ?? {};
  }

  get fault(): Fault {
    return ERROR_CODES[this.code].fault;
  }

  /** The HTTP status that the API answers with. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** A check failed: `field` is what was recomputed, `expected` what the block commits to, `actual` what came out. */
export class IntegrityViolation extends HeadwaterError {
  constructor(field: string, expected: string, actual: string, where: string, options: ErrorOptions = {}) {
    super("integrity-violation", `${where}: ${field} is ${actual}, expected ${expected}`, {
      ...options,
      details: { ...options.details, field, expected, actual, where },
    });
    this.name = "IntegrityViolation";
  }
}

/** Wraps what is no HeadwaterError as `internal`, so that every error has a code. */
export function asHeadwaterError(error: unknown): HeadwaterError {
  if (error instanceof HeadwaterError) return error;
  return new HeadwaterError("internal", textOf(error), { cause: error });
}

function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    // Anything can be thrown, also what cannot become a text. The wrapper must not fail where it is needed most.
    return "[object without a text]";
  }
}

/** An error as plain data, for crossing a thread. */
export type ErrorData = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry;
  readonly details: ErrorDetails;
  readonly stack?: string;
};

export function errorToData(error: unknown): ErrorData {
  const { code, message, retry, details, stack } = asHeadwaterError(error);
  return stack === undefined ? { code, message, retry, details } : { code, message, retry, details, stack };
}

export function errorFromData(data: ErrorData): HeadwaterError {
  const error = new HeadwaterError(data.code, data.message, { details: data.details, retry: data.retry });
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
