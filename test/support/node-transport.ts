import { onTestFinished } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { NodeConfig } from "../../src/core/contracts/chain-config.ts";
import { HttpWire } from "../../src/sync/pool/http-wire.ts";
import { MeteredTransport } from "../../src/sync/pool/metered-transport.ts";
import { RateLimiter } from "../../src/sync/pool/rate-limiter.ts";
import { type Respond, ScriptedNode } from "./scripted-node.ts";

/** The real transport to a node, as the pool makes it. */
export function httpTransport(config: NodeConfig): MeteredTransport {
  const limiter = new RateLimiter({ now: systemClock.now() });
  return new MeteredTransport({ node: config.name, wire: new HttpWire(config), clock: systemClock, limiter });
}

/** The real transport to a node, closed when the test ends. */
export function openTransport(url: string, ws?: string, zmq?: string): MeteredTransport {
  const config = {
    name: "acme-eu",
    url,
    operator: "acme",
    region: "eu",
    ...(ws !== undefined && { ws }),
    ...(zmq !== undefined && { zmq }),
  };
  const transport = httpTransport(config);
  onTestFinished(() => transport.close());
  return transport;
}

/** A scripted node and the real transport to it, both closed when the test ends. */
export async function startScripted(respond: Respond): Promise<{ node: ScriptedNode; transport: MeteredTransport }> {
  const node = await ScriptedNode.start(respond);
  onTestFinished(() => node.close());
  return { node, transport: openTransport(node.url) };
}
