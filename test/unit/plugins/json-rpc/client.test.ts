import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { JsonRpcClient } from "../../../../src/plugins/json-rpc/client.ts";
import type { RpcErrorObject } from "../../../../src/plugins/json-rpc/messages.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import { answerMethods, json, type Respond, ScriptedRpcError } from "../../../support/scripted-node.ts";

const classify = (error: RpcErrorObject, node: string, method: string) =>
  new HeadwaterError(
    error.code === 429 ? "node-throttled" : "node-rpc-error",
    `node ${node}, ${method}: ${error.message}`,
  );

async function connect(respond: Respond) {
  const { node, transport } = await startScripted(respond);
  return { node, client: new JsonRpcClient(transport, classify) };
}

const double = { double: (n: number) => 2 * n };
const calls = (count: number) => Array.from({ length: count }, (_, i) => ({ method: "double", params: [i] }));
const doubled = (count: number) => Array.from({ length: count }, (_, i) => 2 * i);

describe("a single call", () => {
  it("gives the result, also null and an id echoed as text", async () => {
    const { client, node } = await connect(answerMethods({ ...double, nothing: () => null }));
    expect(await client.call("double", [21])).toBe(42);
    expect(await client.call("nothing", [])).toBeNull();
    node.respond = () => json({ jsonrpc: "2.0", id: "1", result: "x" });
    expect(await client.call("double", [1])).toBe("x");
  });

  const bad: [string, string | Uint8Array, string][] = [
    [
      "HTML",
      "<html><body>502 Bad Gateway at https://key:secret@nodes.example/v1/abc</body></html>",
      'expected JSON, got "<html>',
    ],
    ["nothing", "", "expected JSON, got nothing"],
    ["truncated JSON", '{"jsonrpc":"2.0","id":1,"result":"0x12', 'expected JSON, got "{"jsonrpc"'],
    ["null", "null", "expected a JSON-RPC response, got null"],
    ["a text", '"ok"', 'expected a JSON-RPC response, got "ok"'],
    ["an array", '[{"jsonrpc":"2.0","id":1,"result":1}]', "expected a JSON-RPC response, got [{"],
    ["another id", '{"jsonrpc":"2.0","id":7,"result":1}', "expected the response to request 1, got one with id 7"],
    ["no id", '{"jsonrpc":"2.0","result":1}', "expected the response to request 1"],
    ["no result", '{"jsonrpc":"2.0","id":1}', "expected a result or an error"],
    ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0x00, 0x01]), "expected JSON, got"],
  ];
  it.each(bad)("refuses %s, naming node and method, never a URL", async (_name, body, says) => {
    const { client } = await connect(() => ({ body }));
    const { code, message } = await failureOf(client.call("double", [1]));
    expect(code).toBe("node-bad-response");
    expect(message).toMatch(/^node acme-eu, double: /);
    expect(message).toContain(says);
    expect(message).not.toContain("secret");
    expect(message.length).toBeLessThan(250);
  });

  it("leaves the node's errors to the family, with an id or without one, as an object or a text", async () => {
    const { client, node } = await connect(() =>
      json({ jsonrpc: "2.0", id: 1, error: { code: 429, message: "slow" } }),
    );
    expect(await failureOf(client.call("double", [1]))).toMatchObject({ code: "node-throttled" });
    node.respond = () => json({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "parse error" } });
    expect(await failureOf(client.call("double", [1]))).toMatchObject({ message: "node acme-eu, double: parse error" });
    node.respond = () => json({ id: 1, error: "rate limited" });
    expect(await failureOf(client.call("double", [1]))).toMatchObject({
      message: "node acme-eu, double: rate limited",
    });
  });

  it("reads the JSON-RPC error that comes with an HTTP error status", async () => {
    const { client, node } = await connect(() => ({
      status: 500,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: 429, message: "slow" } }),
    }));
    expect(await failureOf(client.call("double", [1]))).toMatchObject({ code: "node-throttled" });
    node.respond = () => ({ status: 500, body: "oops" });
    expect(await failureOf(client.call("double", [1]))).toMatchObject({ code: "node-http-error" });
  });

  it("fails when the connection is cut within the answer", async () => {
    const { client } = await connect(() => ({
      body: JSON.stringify({ id: 1, result: "x".repeat(1000) }),
      cutAfterBytes: 100,
    }));
    expect(await failureOf(client.call("double", [1]))).toMatchObject({ code: "node-unreachable" });
  });

  it("rejects with the reason of an abort while the node is silent", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { client, node } = await connect(async (request) => {
      resolve();
      await new Promise(() => undefined);
      return answerMethods(double)(request);
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = client.call("double", [1], { signal: controller.signal });
    await promise;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(node.requests).toHaveLength(1);
  });
});

describe("a batch", () => {
  it("goes out in chunks of the limit and comes back in the order asked", async () => {
    const { client, node } = await connect((request) => {
      const answers = request.calls.map(({ id, params }) => ({ jsonrpc: "2.0", id, result: 2 * Number(params[0]) }));
      return json(answers.reverse());
    });
    const count = 2 * LIMITS.jsonRpcBatchCalls + 50;
    expect(await client.batchResults(calls(count))).toEqual(doubled(count));
    expect(node.requests.map((request) => request.calls.length).sort()).toEqual([100, 100, 50]);
  });

  it("is no request for no calls, and a single request for one", async () => {
    const { client, node } = await connect(answerMethods(double));
    expect(await client.batch([])).toEqual([]);
    expect(await client.batchResults(calls(1))).toEqual([0]);
    expect(node.requests.map(({ isBatch }) => isBatch)).toEqual([false]);
  });

  it("gives every call its own outcome", async () => {
    const fail = () => {
      throw new ScriptedRpcError({ code: -32000, message: "no" });
    };
    const { client } = await connect(answerMethods({ ...double, fail }));
    const outcomes = await client.batch([...calls(1), { method: "fail", params: [] }]);
    expect(outcomes[0]).toEqual({ ok: true, result: 0 });
    expect(outcomes[1]).toMatchObject({
      ok: false,
      error: { code: "node-rpc-error", message: "node acme-eu, fail: no" },
    });
  });

  it("gives a call that the node left out an error of its own", async () => {
    const { client } = await connect(() => json([{ jsonrpc: "2.0", id: 2, result: 5 }]));
    const outcomes = await client.batch(calls(2));
    expect(outcomes[0]).toMatchObject({ ok: false, error: { code: "node-bad-response" } });
    expect(outcomes[1]).toEqual({ ok: true, result: 5 });
  });

  const bad: [string, unknown][] = [
    ["an object without error", { id: 1, result: 1 }],
    ["null", null],
    [
      "foreign ids",
      [
        { id: 1, result: 1 },
        { id: 9, result: 1 },
      ],
    ],
    [
      "doubled ids",
      [
        { id: 1, result: 1 },
        { id: 1, result: 1 },
      ],
    ],
    ["a list of texts", ["a", "b"]],
    ["responses without ids", [{ result: 1 }, { result: 2 }]],
  ];
  it.each(bad)("refuses %s", async (_name, answer) => {
    const { client } = await connect(() => json(answer));
    expect(await failureOf(client.batch(calls(2)))).toMatchObject({
      code: "node-bad-response",
      message: expect.stringMatching(/^node acme-eu, double: /),
    });
  });

  it("halves what the node refuses, and remembers what passed", async () => {
    const { client, node } = await connect(answerMethods(double, { batchCalls: 10 }));
    expect(await client.batchResults(calls(25))).toEqual(doubled(25));
    expect(client.batchCalls).toBeLessThanOrEqual(10);
    const before = node.requests.length;
    expect(await client.batchResults(calls(14))).toEqual(doubled(14));
    expect(node.requests.length - before).toBe(Math.ceil(14 / client.batchCalls));
  });

  it("falls back to single requests where the node takes no batch, also when it refuses by HTTP status", async () => {
    for (const status of [200, 400, 413]) {
      const { client } = await connect((request) =>
        request.isBatch
          ? { status, body: JSON.stringify({ id: null, error: { code: -32600, message: "batching is off" } }) }
          : answerMethods(double)(request),
      );
      expect(await client.batchResults(calls(3))).toEqual(doubled(3));
      expect(client.batchCalls).toBe(1);
    }
  });

  it("does not take a throttled batch or a broken server for a refusal", async () => {
    const { client, node } = await connect(() => json({ id: null, error: { code: 429, message: "slow" } }));
    expect(await failureOf(client.batch(calls(4)))).toMatchObject({ code: "node-throttled" });
    node.respond = () => ({ status: 502, body: "<html>" });
    expect(await failureOf(client.batch(calls(4)))).toMatchObject({ code: "node-http-error" });
    expect(node.requests).toHaveLength(2);
    expect(client.batchCalls).toBe(LIMITS.jsonRpcBatchCalls);
  });

  it("learns nothing about batches where every call fails alone as well", async () => {
    const { client } = await connect(() => json({ id: null, error: { code: -32000, message: "no" } }));
    const outcomes = await client.batch(calls(4));
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, false, false, false]);
    expect(client.batchCalls).toBe(LIMITS.jsonRpcBatchCalls);
  });
});

describe("raw answers", () => {
  it("gives the batch's bytes as they came", async () => {
    const body = ' [{"id":1, "result":0}, {"id":2, "result":2}]\n';
    const { client } = await connect(() => ({ body }));
    const answer = await client.postBatch(calls(2), [1, 2]);
    expect(answer.kind === "answer" && Buffer.from(answer.bytes).toString()).toBe(body);
  });

  it("tells a refusal from an answer, and refuses what ends early", async () => {
    const { client, node } = await connect(() => json({ id: null, error: { code: 1, message: "no batches" } }));
    expect(await client.postBatch(calls(2), [1, 2])).toMatchObject({ kind: "refused" });
    for (const body of ['[{"id":1,"result":0}', "<html>", "", "null", "{}"]) {
      node.respond = () => ({ body });
      expect(await failureOf(client.postBatch(calls(2), [1, 2]))).toMatchObject({ code: "node-bad-response" });
    }
    for (const body of ['{"id":1,"result":', "[]", "<html>", ""]) {
      node.respond = () => ({ body });
      expect(await failureOf(client.postCall({ method: "double", params: [1] }, 1))).toMatchObject({
        code: "node-bad-response",
      });
    }
  });
});
