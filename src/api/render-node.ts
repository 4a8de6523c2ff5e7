import type { ChainService, NodeStatus, Quantiles } from "../core/contracts/service.ts";
import { redactUrls } from "./problem.ts";
import { formatTime, renderBlockRef } from "./render-block.ts";
import type { NodeAnswer } from "./schemas/chains.ts";

/** Member by member: an answer shows what its schema says, whatever else a node's status may come to hold. */
export function renderNode(service: ChainService, node: NodeStatus): NodeAnswer {
  const { cordon, since, tip, lastError, lastErrorAt } = node;
  return {
    chain: service.id,
    name: node.name,
    operator: node.operator,
    region: node.region,
    state: node.state,
    causes: node.causes.map(redactUrls),
    lastResort: node.lastResort,
    since: since === null ? null : formatTime(since),
    cordon: cordon && { since: formatTime(cordon.since), reason: cordon.reason },
    clientVersion: node.clientVersion,
    tip: tip ? renderBlockRef(tip) : null,
    lag: { blocks: node.lagBlocks, seconds: node.lagSeconds },
    latencyMs: renderQuantiles(node.latencyMs),
    jitterMs: node.jitterMs === null ? null : inTenths(node.jitterMs),
    firstSeenDeltaMs: renderQuantiles(node.firstSeenDeltaMs),
    errorRate: node.errorRate,
    throttleRate: node.throttleRate,
    allowedRequestsPerSecond: node.allowedRequestsPerSecond,
    queue: node.queue && { waiting: node.queue.waiting, running: node.queue.running },
    breaker: node.breaker,
    servesFromHeight: node.servesFromHeight,
    feed: node.feed,
    lastError: lastError === null ? null : redactUrls(lastError),
    lastErrorAt: lastErrorAt === null ? null : formatTime(lastErrorAt),
  };
}

function renderQuantiles(quantiles: Quantiles | null): NodeAnswer["latencyMs"] {
  return quantiles && { p50: inTenths(quantiles.p50), p95: inTenths(quantiles.p95) };
}

/** The histograms behind the figures tell no more than that. */
function inTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
