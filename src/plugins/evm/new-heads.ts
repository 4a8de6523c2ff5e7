import type { NodeFeed, NodeTransport } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import { describe, quoteNode } from "../json-rpc/excerpt.ts";
import { encodeCall } from "../json-rpc/messages.ts";
import { orAborted } from "../json-rpc/or-aborted.ts";
import { readBlockRef } from "./block-ref.ts";
import { isRecord } from "./responses.ts";
import { classifyRpcError } from "./rpc-errors.ts";

const METHOD = "eth_subscribe";
const SUBSCRIBE_ID = 1;
const UNSUBSCRIBE_ID = 2;

/**
 * Subscribes to `newHeads` over the node's feed (geth's pub/sub, as other clients and providers have it) and gives every
 * new head to `onTip`, in the order of arrival. A reorg shows as heads at heights already seen.
 *
 * Resolves when the signal aborts, after `eth_unsubscribe` was sent.
 * @throws HeadwaterError `node-unreachable` when the feed closes, `node-bad-response`, what the node's refusal is
 * classified as, and what `onTip` throws
 */
export async function watchNewHeads(
  openFeed: NonNullable<NodeTransport["openFeed"]>,
  node: string,
  onTip: (tip: BlockRef) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  // The feed has a signal of its own: it must still be open when the caller's aborts, for the node to be told goodbye.
  const closing = new AbortController();
  let feed: NodeFeed | undefined;
  let subscription: string | undefined;
  try {
    feed = await orAborted(openFeed(closing.signal), signal);
    feed.send(encodeCall({ method: METHOD, params: ["newHeads"] }, SUBSCRIBE_ID));
    const messages = feed.messages[Symbol.asyncIterator]();
    while (true) {
      const next = await orAborted(messages.next(), signal);
      if (next.done) throw new HeadwaterError("node-unreachable", `node ${node}, ${METHOD}: the feed closed`);
      const message = parseMessage(next.value, node);
      if (message["id"] === SUBSCRIBE_ID) subscription = readSubscription(message, node);
      const head = readHead(message, subscription);
      if (head !== undefined) onTip(readBlockRef(head, node, METHOD));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (feed && subscription !== undefined) unsubscribe(feed, subscription);
    closing.abort();
  }
}

function parseMessage(text: string, node: string): Record<string, unknown> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    message = undefined;
  }
  if (isRecord(message)) return message;
  throw badFeed(node, "a JSON-RPC message", quoteNode(text, LIMITS.answerExcerptCharacters));
}

function readSubscription(message: Record<string, unknown>, node: string): string {
  const { error, result } = message as { error?: unknown; result?: unknown };
  if (isRecord(error)) throw classifyRpcError(error, node, METHOD);
  if (typeof result !== "string") throw badFeed(node, "a subscription id", describe(message));
  return result;
}

/** The header in a notification of this subscription; undefined in any other message. */
function readHead(message: Record<string, unknown>, subscription: string | undefined): unknown {
  const { method, params } = message as { method?: unknown; params?: unknown };
  if (method !== "eth_subscription" || subscription === undefined || !isRecord(params)) return undefined;
  return params["subscription"] === subscription ? params["result"] : undefined;
}

function unsubscribe(feed: NodeFeed, subscription: string): void {
  try {
    feed.send(encodeCall({ method: "eth_unsubscribe", params: [subscription] }, UNSUBSCRIBE_ID));
  } catch {
    // The feed is gone already, and the subscription with it.
  }
}

function badFeed(node: string, expected: string, actual: string): HeadwaterError {
  return new HeadwaterError("node-bad-response", `node ${node}, ${METHOD}: expected ${expected}, got ${actual}`, {
    details: { node, method: METHOD, expected, actual },
  });
}
