import type { NodeTransport } from "../../core/contracts/plugin.ts";
import type { BlockRef } from "../../core/model.ts";
import { listen } from "../json-rpc/subscription.ts";
import { readBlockRef } from "./block-ref.ts";
import { classifyRpcError } from "./rpc-errors.ts";

const METHOD = "eth_subscribe";

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
  const subscription = {
    node,
    subscribe: { method: METHOD, params: ["newHeads"] },
    unsubscribe: "eth_unsubscribe",
    notification: "eth_subscription",
    classify: classifyRpcError,
  };
  await listen(openFeed, subscription, (head) => onTip(readBlockRef(head, node, METHOD)), signal);
}
