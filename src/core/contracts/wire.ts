import type { FeedMessage, NodeFeed } from "./plugin.ts";

/** What a node answered to one request, whatever its status. */
export type WireAnswer = {
  /** HTTP status. */
  readonly status: number;
  /** The `Retry-After` header as it came. */
  readonly retryAfter: string | undefined;
  /** A buffer of its own, which may be handed over to another thread. */
  readonly body: Uint8Array;
};

export type WireRequest = {
  readonly body: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
};

export type WireGet = Omit<WireRequest, "body"> & {
  /** From the root of the node's address, with its leading slash. */
  readonly path: string;
};

/**
 * The bare way to one node, without queue, rate or judgement: these are the pool's. Errors: `node-unreachable`,
 * `node-timeout`, `node-response-too-large`, or the signal's reason.
 */
export interface NodeWire {
  post(request: WireRequest): Promise<WireAnswer>;
  /** Absent where the node's address has a path of its own. */
  get?(request: WireGet): Promise<WireAnswer>;
  /** Opens the node's push feed. Absent where none is configured. */
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;
  /** Subscribes to what the node publishes. Absent where none is configured. */
  readonly subscribe?: (topics: readonly string[], signal: AbortSignal) => Promise<AsyncIterable<FeedMessage>>;
  /** Ends open connections at once; requests under way fail. */
  close(): Promise<void>;
}
