import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { type ReceivedRequest, ScriptedNode, type ScriptedReply } from "../support/scripted-node.ts";
import {
  configFor,
  eventually,
  freshDigest,
  get,
  indexed,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

/** How a front spoils what the real node behind it answered. Tips and probes stay honest unless the fault is about them. */
type Fault = (request: ReceivedRequest, honest: string) => ScriptedReply | string;

const asksBlock = ({ calls }: ReceivedRequest) =>
  calls.some(({ method, params }) => method === "eth_getBlockByNumber" && params[1] === true);
const onBlocks =
  (spoil: (honest: string) => ScriptedReply | string): Fault =>
  (request, honest) =>
    asksBlock(request) ? spoil(honest) : honest;

const FAULTS: readonly (readonly [what: string, fault: Fault, code: RegExp])[] = [
  ["HTML", onBlocks(() => "<html>Bad gateway</html>"), /node-bad-response/],
  ["truncated JSON", onBlocks((honest) => honest.slice(0, honest.length / 2)), /node-bad-response/],
  ["a body that is cut off", onBlocks((honest) => ({ body: honest, cutAfterBytes: 100 })), /node-unreachable/],
  ["null for a block", onBlocks((honest) => nullify(honest)), /node-block-missing/],
  [
    "another block than asked",
    onBlocks((honest) => honest.replaceAll(/"number":"0x[0-9a-f]+"/g, '"number":"0x1"')),
    /node-wrong-block|integrity-violation/,
  ],
  [
    "a changed amount",
    onBlocks((honest) => honest.replace(/"value":"0x[0-9a-f]+"/g, '"value":"0x1234567"')),
    /integrity-violation/,
  ],
  ["a changed log", onBlocks((honest) => honest.replace(/"data":"0x00/g, '"data":"0x01')), /integrity-violation/],
  [
    "wrong types",
    onBlocks((honest) => honest.replaceAll('"transactions":[', '"transactions":7,"was":[')),
    /node-bad-response/,
  ],
  ["HTTP 500", onBlocks(() => ({ status: 500, body: "oops" })), /node-http-error/],
  ["HTTP 429", onBlocks(() => ({ status: 429, headers: { "retry-after": "0" }, body: "" })), /node-throttled/],
];

function nullify(honest: string): string {
  const answers = JSON.parse(honest) as { id: unknown }[] | { id: unknown };
  const empty = (list: { id: unknown }[]) => list.map(({ id }) => ({ jsonrpc: "2.0", id, result: null }));
  return JSON.stringify(Array.isArray(answers) ? empty(answers) : empty([answers])[0]);
}

/** The bad node is alone in the replica's own region, so that it is asked for blocks first, whatever chance says. */
describe("a node that answers badly", () => {
  let under: NetworkUnderTest;
  let expected: string;
  let front: ScriptedNode | undefined;
  let service: RunningService | undefined;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startNetwork(12, { seats: [{ name: "honest", operator: "honest", region: "us-east" }] });
    expected = await freshDigest(under.network);
  });

  afterAll(async () => {
    await under?.network.stop();
  });

  afterEach(async () => {
    await service?.stop();
    await front?.close();
    await directory?.remove();
  });

  async function start(fault: Fault, operators = 2): Promise<RunningService> {
    const [honest] = under.network.nodes;
    if (!honest) throw new Error("the network has no node");
    front = await ScriptedNode.start(async (request) => {
      const response = await fetch(honest.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: request.body,
      });
      const reply = fault(request, await response.text());
      return typeof reply === "string" ? { headers: { "content-type": "application/json" }, body: reply } : reply;
    });
    directory = await makeDirectory();
    const config = configFor(under.network, join(directory.path, "store"));
    const [chain] = config.chains;
    if (!chain) throw new Error("the configuration has no chain");
    const bad = { name: "bad", operator: "bad", region: "eu-west", url: front.url };
    const nodes: HeadwaterConfig["chains"][number]["nodes"] = [bad, ...chain.nodes];
    service = await startService(
      { ...config, chains: [{ ...chain, agreement: { operators }, nodes }] },
      { logger: silentLogger },
    );
    return service;
  }

  it.each(FAULTS)(
    "with %s is passed over with a clear code, and the ledger is the honest one",
    async (_, fault, code) => {
      const running = await start(fault);
      const errors = new Set<string>();
      const block = await eventually(async () => {
        for (const { name, lastError } of running.services[0]?.nodes() ?? [])
          if (name === "bad" && lastError) errors.add(lastError);
        const { body } = await get(running, "/v1/chains/demo/blocks/latest?allowStale=true");
        return body.hash === under.network.head.hash && errors.size > 0 && body;
      });
      expect(block.digest).toBe(expected);
      expect([...errors].join("\n")).toMatch(code);
    },
  );

  it("with another chain's id is left out, and says so", async () => {
    const otherChain: Fault = (request, honest) =>
      request.calls.some(({ method }) => method === "eth_chainId") ? honest.replace('"0x7a69"', '"0x1"') : honest;
    const running = await start(otherChain, 1);
    const block = await indexed(running, under.network.head.hash);
    expect(block.digest).toBe(expected);
    // One operator is enough here, so the ledger may be whole before the other one has been asked anything.
    const nodes = await eventually(async () => {
      const { body } = await get(running, "/v1/nodes");
      return body.nodes[0].causes.length > 0 && body.nodes;
    });
    expect(nodes).toMatchObject([
      { name: "bad", causes: ["wrong-chain"] },
      { name: "honest", causes: [] },
    ]);
    expect(asksBlock(front?.requests.find(asksBlock) ?? { body: "", isBatch: false, calls: [] })).toBe(false);
  });
});
