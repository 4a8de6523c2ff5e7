import { afterEach, describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import type { MeteredTransport } from "../../../../src/sync/pool/metered-transport.ts";
import { retryAfterMs } from "../../../../src/sync/pool/retry-after.ts";
import { httpTransport } from "../../../support/node-transport.ts";
import { type Respond, ScriptedNode } from "../../../support/scripted-node.ts";

const BODY = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "m", params: [] });
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function connect(respond: Respond, path = "/key"): Promise<{ node: ScriptedNode; transport: MeteredTransport }> {
  const node = await ScriptedNode.start(respond);
  open.push(node);
  const url = `${node.url.replace("://", "://me:s3cret@")}${path}`;
  const transport = httpTransport({ name: "n", url, operator: "o", region: "r" });
  open.push(transport);
  return { node, transport };
}

async function failure(promise: Promise<unknown>): Promise<HeadwaterError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HeadwaterError) return error;
  throw new Error(`expected a HeadwaterError, got ${String(error)}`);
}

describe("the way to a node", () => {
  it("gives the answer's bytes as they came, in a buffer of their own", async () => {
    const { transport } = await connect(() => ({ body: '{"ok":"ü"}' }));
    const bytes = await transport.post(BODY);
    expect(new TextDecoder().decode(bytes)).toBe('{"ok":"ü"}');
    expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
  });

  it.each([
    [500, "node-http-error"],
    [404, "node-http-error"],
    [301, "node-http-error"],
  ] as const)("says of HTTP status %i that it is one, with the start of the body", async (status, code) => {
    const { transport } = await connect(() => ({ status, body: "x".repeat(10_000) }));
    const error = await failure(transport.post(BODY));
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ node: "n", status });
    expect(String(error.details["body"]).length).toBe(LIMITS.answerExcerptBytes);
  });

  it("honours Retry-After on 429", async () => {
    const { transport } = await connect(() => ({ status: 429, headers: { "retry-after": "7" }, body: "" }));
    const error = await failure(transport.post(BODY));
    expect(error.code).toBe("node-throttled");
    expect(error.retry).toEqual({ sameNode: true, otherNode: true, afterMs: 7_000 });
  });

  it("says when a node does not answer in time", async () => {
    const held = Promise.withResolvers<{ body: string }>();
    const { transport } = await connect(() => held.promise);
    const error = await failure(transport.post(BODY, { timeoutMs: 50 }));
    expect(error.code).toBe("node-timeout");
    held.resolve({ body: "late" });
  });

  it("says when a node is not there, without its URL or credentials", async () => {
    const { node, transport } = await connect(() => ({ body: "" }), "/v3/0123456789abcdef");
    await node.close();
    open.splice(0, 1);
    const error = await failure(transport.post(BODY));
    expect(error.code).toBe("node-unreachable");
    expect(JSON.stringify([error.message, error.details])).not.toMatch(/s3cret|0123456789abcdef|127\.0\.0\.1/);
  });

  it("ends a request with the caller's own reason when the caller gives up", async () => {
    const held = Promise.withResolvers<{ body: string }>();
    const { node, transport } = await connect(() => held.promise);
    const abort = new AbortController();
    const asked = transport.post(BODY, { signal: abort.signal });
    while (node.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    held.resolve({ body: "late" });
  });

  it("sends no more at once than the cap, and the caller's reads before the backfill", async () => {
    const held: ((reply: { body: string }) => void)[] = [];
    const { node, transport } = await connect(() => new Promise((resolve) => held.push(resolve)));
    const ask = (method: string, work: "read" | "backfill") =>
      transport.post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] }), { work });
    const first = Array.from({ length: LIMITS.nodeConcurrency }, () => ask("first", "backfill"));
    const later = [ask("backfill", "backfill"), ask("read", "read")];
    while (held.length < LIMITS.nodeConcurrency) await new Promise((resolve) => setImmediate(resolve));
    expect(node.requests.length).toBe(LIMITS.nodeConcurrency);
    held.shift()?.({ body: "1" });
    while (node.requests.length === LIMITS.nodeConcurrency) await new Promise((resolve) => setImmediate(resolve));
    expect(node.methods.at(-1)).toBe("read");
    const release = setInterval(() => held.shift()?.({ body: "1" }), 1);
    await Promise.all([...first, ...later]);
    clearInterval(release);
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    [undefined, undefined],
    ["3", 3_000],
    ["0", 0],
    ["100000", 60_000],
    [new Date(now + 5_000).toUTCString(), 5_000],
    [new Date(now - 5_000).toUTCString(), 0],
    ["soon", undefined],
  ])("%s is %s ms", (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
