import { onTestFinished } from "vitest";
import { HttpTransport } from "../../src/sync/pool/http-transport.ts";
import { type Respond, ScriptedNode } from "./scripted-node.ts";

/** The real transport to a node, closed when the test ends. */
export function openTransport(url: string, ws?: string): HttpTransport {
  const config = { name: "acme-eu", url, operator: "acme", region: "eu", ...(ws !== undefined && { ws }) };
  const transport = new HttpTransport(config);
  onTestFinished(() => transport.close());
  return transport;
}

/** A scripted node and the real transport to it, both closed when the test ends. */
export async function startScripted(respond: Respond): Promise<{ node: ScriptedNode; transport: HttpTransport }> {
  const node = await ScriptedNode.start(respond);
  onTestFinished(() => node.close());
  return { node, transport: openTransport(node.url) };
}
