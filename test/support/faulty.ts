import { systemClock } from "../../src/core/clock.ts";
import type { ChainNode } from "../../src/core/contracts/plugin.ts";
import type { NodeWire } from "../../src/core/contracts/wire.ts";
import { TestClient } from "../../src/testing/chain/test-client.ts";
import { testDialect } from "../../src/testing/chain/test-dialect.ts";
import { TestTransport } from "../../src/testing/chain/test-transport.ts";
import type { FaultDialect } from "../../src/testing/faulty-node/fault-dialect.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { FaultyNode, type InjectedFault } from "../../src/testing/faulty-node/faulty-node.ts";
import { FaultyServer } from "../../src/testing/faulty-node/faulty-server.ts";
import { HttpUpstream } from "../../src/testing/faulty-node/http-upstream.ts";

export type FaultyUnderTest = {
  readonly server: FaultyServer;
  /** A client of the test family that reaches the faulty node over HTTP and websocket. */
  readonly client: ChainNode;
  /** What the faulty node says that it did. */
  readonly injected: InjectedFault[];
};

/** A faulty node on loopback in front of an honest one. The caller closes its server. */
export async function startFaulty(
  upstream: NodeWire,
  faults: readonly Fault[],
  options: { readonly seed?: number; readonly dialect?: FaultDialect } = {},
): Promise<FaultyUnderTest> {
  const injected: InjectedFault[] = [];
  const node = new FaultyNode({
    upstream,
    dialect: options.dialect ?? testDialect,
    script: { seed: options.seed ?? 1, faults },
    clock: systemClock,
    onFault: (fault) => injected.push(fault),
  });
  const server = await FaultyServer.start({ node, upstream });
  const client = new TestClient(new TestTransport("faulty", new HttpUpstream(server.url, server.wsUrl)));
  return { server, client, injected };
}
