import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { NodeClient } from "../../src/testing/evm/node-client.ts";
import { answerEach, type Intercept, ScriptedNode } from "../support/scripted-node.ts";
import {
  configFor,
  eventually,
  get,
  indexed,
  type Json,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

const CHAIN = "eip155:31337";
const NATIVE = `${CHAIN}/slip44:60`;
const honest: Intercept = () => undefined;
const noProofs: Intercept = ({ method }) =>
  method === "eth_getProof"
    ? { error: { code: -32601, message: "the method eth_getProof does not exist" } }
    : undefined;
const noBalances: Intercept = ({ method }) =>
  /eth_getProof|eth_getBalance|eth_call/.test(method)
    ? { error: { code: -32000, message: "missing trie node" } }
    : undefined;
/** Says so of every balance, and has a proof of none. */
const liesOfBalances: Intercept = (call) => (call.method === "eth_getBalance" ? { result: "0x1234" } : noProofs(call));

let under: NetworkUnderTest;
let senders: readonly string[];

beforeAll(async () => {
  under = await startNetwork(6);
  senders = under.traffic.senders.map((sender) => sender.toLowerCase());
});

afterAll(async () => {
  await under?.network.stop();
});

describe("balances that the ledger does not know", () => {
  let fronts: ScriptedNode[] = [];
  let intercepts: Intercept[] = [];
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeEach(async () => {
    intercepts = under.network.nodes.map(() => honest);
    fronts = await Promise.all(
      under.network.nodes.map(({ url }, i) => ScriptedNode.start(answerEach(url, (call) => intercepts[i]?.(call)))),
    );
    directory = await makeDirectory();
  });

  afterEach(async () => {
    await service?.stop();
    await Promise.all(fronts.map((front) => front.close()));
    await directory.remove();
  });

  /** A service that indexes the head alone, so that it knows no balance by itself. */
  async function start(...behaviour: readonly Intercept[]): Promise<void> {
    for (const [i, intercept] of behaviour.entries()) intercepts[i] = intercept;
    const config = configFor(under.network, join(directory.path, "store"), { trace: "off" });
    const [chain] = config.chains as [(typeof config.chains)[0]];
    const nodes = chain.nodes.map(({ ws: _, ...node }, i) => ({ ...node, url: (fronts[i] as ScriptedNode).url }));
    const index = { ...chain.index, from: under.network.head.height };
    service = await startService({ ...config, chains: [{ ...chain, index, nodes }] }, { logger: silentLogger });
    await indexed(service, under.network.head.hash);
  }

  async function balance(account: string, asset = NATIVE): Promise<Json> {
    const { body } = await get(service, `/v1/accounts/${CHAIN}:${account}/balances?assets=${asset}`);
    return body.balances?.[0] ?? body;
  }

  async function real(account: string): Promise<string> {
    const [node] = under.network.nodes as [(typeof under.network.nodes)[0]];
    const block = { blockHash: under.network.head.hash };
    return `${BigInt((await new NodeClient(node.url).call("eth_getBalance", account, block)) as string)}`;
  }

  it("are proven where nodes prove, and nobody's mere word is asked for", async () => {
    await start();
    const [account = ""] = senders;
    const before = fronts.map((front) => front.methods.length);
    expect(await balance(account)).toMatchObject({ amount: await real(account), source: "proof" });
    const asked = fronts.flatMap((front, i) => front.methods.slice(before[i]));
    // One proof is enough; under load another node is asked for it beside the first, which is no second word.
    expect(asked.filter((methods) => methods.includes("eth_getProof"))).not.toEqual([]);
    expect(asked.filter((methods) => /eth_getBalance|eth_call/.test(methods))).toEqual([]);
  });

  it("are proven of tokens as soon as two agreed balances have shown where the contract keeps them", async () => {
    await start();
    const contract = (under.traffic.contracts["usdh"] as string).toLowerCase();
    const asset = `${CHAIN}/erc20:${contract}`;
    const call = async (account: string) => {
      const [node] = under.network.nodes as [(typeof under.network.nodes)[0]];
      const data = callData("Erc20", "balanceOf", account);
      const block = { blockHash: under.network.head.hash };
      return `${BigInt((await new NodeClient(node.url).call("eth_call", { to: contract, data }, block)) as string)}`;
    };
    const [first = "", second = "", ...rest] = senders;
    expect(await balance(first, asset)).toMatchObject({ amount: await call(first), source: "node" });
    await eventually(async () =>
      fronts.some((front) =>
        front.requests.some(({ body }) => body.includes(contract) && body.includes("eth_getProof")),
      ),
    );
    expect(await balance(second, asset)).toMatchObject({ amount: await call(second), source: "node" });
    // What was read once is the ledger's own from then on: another account each time.
    await eventually(async () => {
      const account = rest.pop();
      if (account === undefined) throw new Error("no balance was proven");
      const told = await balance(account, asset);
      expect(told.amount).toBe(await call(account));
      return told.source === "proof";
    });
  });

  it("are what enough operators tell where none proves, and who lies is found", async () => {
    await start(liesOfBalances, noProofs, noProofs);
    for (const account of senders) {
      expect(await balance(account)).toMatchObject({ amount: await real(account), source: "node" });
    }
    const { body } = await eventually(async () => {
      const answer = await get(service, "/v1/chains/demo/evidence");
      return answer.body.evidence?.length > 0 && answer;
    });
    const [liar] = under.network.nodes as [(typeof under.network.nodes)[0]];
    expect(body.evidence).toMatchObject([{ kind: "balance-dissent", said: [{ node: liar.name }] }]);
  });

  it("are refused where one operator alone answers, and say so", async () => {
    await start(noProofs, noBalances, noBalances);
    const [account = ""] = senders;
    const { status, body } = await get(service, `/v1/accounts/${CHAIN}:${account}/balances?assets=${NATIVE}`);
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: "agreement-insufficient", details: { required: 2 } });
  });

  it("are proven where one operator alone answers, and proves", async () => {
    await start(honest, noBalances, noBalances);
    const [account = ""] = senders;
    expect(await balance(account)).toMatchObject({ amount: await real(account), source: "proof" });
  });
});
