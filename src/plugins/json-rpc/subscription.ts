import type { NodeFeed, NodeTransport } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { describe, quoteNode } from "./excerpt.ts";
import { type ClassifyRpcError, encodeCall, type RpcCall } from "./messages.ts";
import { orAborted } from "./or-aborted.ts";

const SUBSCRIBE_ID = 1;
const UNSUBSCRIBE_ID = 2;

/** A subscription over a node's push feed, in the form that JSON-RPC over websocket has everywhere. */
export type Subscription = {
  readonly node: string;
  readonly subscribe: RpcCall;
  /** The method that ends it, called with the subscription's id. */
  readonly unsubscribe: string;
  /** The method of its notifications, whose params are `{ subscription, result }`. */
  readonly notification: string;
  readonly classify: ClassifyRpcError;
};

/**
 * Subscribes over the node's feed and gives the result of every notification to `onResult`, in the order of arrival.
 *
 * Resolves when the signal aborts, after the subscription was ended.
 * @throws HeadwaterError `node-unreachable` when the feed closes, `node-bad-response`, what the node's refusal is
 * classified as, and what `onResult` throws
 */
export async function listen(
  openFeed: NonNullable<NodeTransport["openFeed"]>,
  subscription: Subscription,
  onResult: (result: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { node, subscribe } = subscription;
  // The feed has a signal of its own: it must still be open when the caller's aborts, for the node to be told goodbye.
  const closing = new AbortController();
  let feed: NodeFeed | undefined;
  let id: string | number | undefined;
  try {
    feed = await orAborted(openFeed(closing.signal), signal);
    feed.send(encodeCall(subscribe, SUBSCRIBE_ID));
    const messages = feed.messages[Symbol.asyncIterator]();
    while (true) {
      const next = await orAborted(messages.next(), signal);
      if (next.done) throw new HeadwaterError("node-unreachable", `node ${node}, ${subscribe.method}: the feed closed`);
      const message = parseMessage(next.value, subscription);
      if (message["id"] === SUBSCRIBE_ID) id = readId(message, subscription);
      const result = readNotification(message, subscription, id);
      if (result !== undefined) onResult(result);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (feed && id !== undefined) unsubscribe(feed, subscription, id);
    closing.abort();
  }
}

function parseMessage(text: string, subscription: Subscription): Record<string, unknown> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    message = undefined;
  }
  if (isRecord(message)) return message;
  throw badFeed(subscription, "a JSON-RPC message", quoteNode(text, LIMITS.answerExcerptCharacters));
}

function readId(message: Record<string, unknown>, subscription: Subscription): string | number {
  const { error, result } = message as { error?: unknown; result?: unknown };
  const { node, subscribe, classify } = subscription;
  if (isRecord(error)) throw classify(error, node, subscribe.method);
  if (typeof result === "string" || typeof result === "number") return result;
  throw badFeed(subscription, "a subscription id", describe(message));
}

/** What a notification of this subscription says; undefined in any other message. */
function readNotification(
  message: Record<string, unknown>,
  { notification }: Subscription,
  id: string | number | undefined,
): unknown {
  const { method, params } = message as { method?: unknown; params?: unknown };
  if (method !== notification || id === undefined || !isRecord(params)) return undefined;
  return params["subscription"] === id ? params["result"] : undefined;
}

function unsubscribe(feed: NodeFeed, subscription: Subscription, id: string | number): void {
  try {
    feed.send(encodeCall({ method: subscription.unsubscribe, params: [id] }, UNSUBSCRIBE_ID));
  } catch {
    // The feed is gone already, and the subscription with it.
  }
}

function badFeed({ node, subscribe: { method } }: Subscription, expected: string, actual: string): HeadwaterError {
  return new HeadwaterError("node-bad-response", `node ${node}, ${method}: expected ${expected}, got ${actual}`, {
    details: { node, method, expected, actual },
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
