import { describe, expect, it } from "vitest";
import type { WorkClass } from "../../../../src/core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../../../src/core/contracts/wire.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { MeteredTransport } from "../../../../src/sync/pool/metered-transport.ts";
import { RateLimiter } from "../../../../src/sync/pool/rate-limiter.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";
import { failureOf } from "../../../support/failure-of.ts";

/** A wire on which every request waits until the test answers it. */
class HeldWire implements NodeWire {
  readonly held: { readonly body: string; answer(given?: Partial<WireAnswer>): void }[] = [];
  readonly sent: string[] = [];
  answers = false;

  post({ body }: WireRequest): Promise<WireAnswer> {
    this.sent.push(body);
    const { promise, resolve } = Promise.withResolvers<WireAnswer>();
    const answer = (given: Partial<WireAnswer> = {}) =>
      resolve({ status: 200, retryAfter: undefined, body: new Uint8Array(), ...given });
    if (this.answers) answer();
    else this.held.push({ body, answer });
    return promise;
  }

  async close(): Promise<void> {}
}

function open(options: { ceiling?: number } = {}) {
  const clock = new FakeClock();
  const wire = new HeldWire();
  const limiter = new RateLimiter({ now: clock.now(), ...options });
  const transport = new MeteredTransport({ node: "n", wire, clock, limiter });
  return { clock, wire, limiter, transport };
}

describe("the metered way to a node", () => {
  it("sends the most urgent work first, of what waits when there is room", async () => {
    const { clock, wire, transport } = open();
    const asked = Array.from({ length: LIMITS.nodeConcurrency }, (_, i) => transport.post(`first ${i}`));
    for (const work of ["backfill", "reconciliation", "pending", "read", "tip"] as WorkClass[]) {
      asked.push(transport.post(work, { work }));
    }
    await clock.advance(0);
    expect(wire.sent.length).toBe(LIMITS.nodeConcurrency);
    expect([transport.waiting, transport.running]).toEqual([5, LIMITS.nodeConcurrency]);
    while (wire.held.length > 0) {
      wire.held.shift()?.answer();
      await clock.advance(0);
    }
    await Promise.all(asked);
    expect(wire.sent.slice(LIMITS.nodeConcurrency)).toEqual(["tip", "read", "pending", "reconciliation", "backfill"]);
  });

  it("sends the most urgent work first when the rate holds it back, too, and tip work at once", async () => {
    const { clock, wire, transport } = open({ ceiling: 1 });
    wire.answers = true;
    const asked = (["backfill", "backfill", "read"] as WorkClass[]).map((work) => transport.post(work, { work }));
    await clock.advance(0);
    expect(wire.sent).toEqual(["backfill"]);
    asked.push(transport.post("tip", { work: "tip" }));
    await clock.advance(0);
    expect(wire.sent).toEqual(["backfill", "tip"]);
    await clock.advance(2_000);
    expect(wire.sent).toEqual(["backfill", "tip", "read"]);
    await clock.advance(1_000);
    await Promise.all(asked);
    expect(wire.sent).toEqual(["backfill", "tip", "read", "backfill"]);
    expect(clock.sleeping).toBe(0);
  });

  it("refuses what would wait behind too much, and takes tip work all the same", async () => {
    const { clock, wire, transport } = open();
    const asked = Array.from({ length: LIMITS.nodeQueueLength + LIMITS.nodeConcurrency }, () => transport.post("read"));
    expect(await failureOf(transport.post("read"))).toMatchObject({ code: "overloaded", retry: { otherNode: true } });
    const tip = transport.post("tip", { work: "tip" });
    wire.answers = true;
    for (const { answer } of wire.held.splice(0)) answer();
    await clock.advance(0);
    await Promise.all([tip, ...asked]);
    expect(wire.sent[LIMITS.nodeConcurrency]).toBe("tip");
  });

  it("gives up a request by its own clock, and frees its place", async () => {
    const { clock, transport } = open();
    const asked = failureOf(transport.post("read", { timeoutMs: 300 }));
    await clock.advance(299);
    expect(transport.running).toBe(1);
    await clock.advance(1);
    expect(await asked).toMatchObject({ code: "node-timeout", message: "node n: no answer within 300 ms" });
    expect([transport.running, clock.sleeping]).toEqual([0, 0]);
  });

  it("waits for a request no longer than it is wanted, in the queue as under way", async () => {
    const { clock, wire, transport } = open();
    const abort = new AbortController();
    const asked = Array.from({ length: LIMITS.nodeConcurrency + 3 }, () =>
      transport.post("read", { signal: abort.signal }).catch((error: unknown) => error),
    );
    await clock.advance(0);
    abort.abort("enough");
    expect(await Promise.all(asked)).toEqual(asked.map(() => "enough"));
    expect([transport.running, transport.waiting, clock.sleeping]).toEqual([0, 0, 0]);
    expect(wire.sent.length).toBe(LIMITS.nodeConcurrency);
  });

  it("sends nothing while the node asks for a pause, and goes on when it is over", async () => {
    const { clock, wire, transport, limiter } = open();
    const first = failureOf(transport.post("read"));
    await clock.advance(0);
    wire.held.shift()?.answer({ status: 429, retryAfter: "3" });
    expect(await first).toMatchObject({ code: "node-throttled", retry: { afterMs: 3_000 } });
    wire.answers = true;
    const asked = [transport.post("read"), transport.post("tip", { work: "tip" })];
    await clock.advance(2_999);
    expect(wire.sent.length).toBe(1);
    await clock.advance(1);
    expect(wire.sent.slice(1)).toEqual(["tip"]);
    await clock.advance(2_000);
    await Promise.all(asked);
    expect(limiter.pauseMs(clock.now())).toBe(0);
  });

  it("honours Retry-After of an overloaded node as well", async () => {
    const { clock, wire, transport, limiter } = open();
    const asked = failureOf(transport.post("read"));
    await clock.advance(0);
    wire.held.shift()?.answer({ status: 503, retryAfter: "2" });
    expect((await asked).code).toBe("node-http-error");
    expect(limiter.pauseMs(clock.now())).toBe(2_000);
    expect(limiter.allowedRate).toBeNull();
  });

  it("ends what waits and what is under way when it is closed, and takes nothing more", async () => {
    const { clock, transport } = open({ ceiling: 1 });
    const asked = Array.from({ length: 5 }, () => failureOf(transport.post("read")));
    await clock.advance(0);
    await transport.close();
    const failures = await Promise.all(asked);
    expect(failures.map(({ code }) => code)).toEqual(asked.map(() => "shutting-down"));
    expect((await failureOf(transport.post("read"))).code).toBe("shutting-down");
    expect(clock.sleeping).toBe(0);
  });
});
