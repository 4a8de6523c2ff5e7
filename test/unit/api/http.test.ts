import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiLimits } from "../../../src/api/limits.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { MemoryService, NATIVE } from "../../support/memory-service.ts";

const LIMITS_OF_TEST: ApiLimits = { bodyBytes: 2_000, requestsInFlight: 2, requestTimeoutMs: 400, shutdownMs: 1_000 };
const balances = "/v1/accounts/memory:one:alice/balances";

let service: MemoryService;
let api: ApiUnderTest;

beforeEach(async () => {
  service = await MemoryService.open({ alias: "one" });
  await service.mine([[["alice", NATIVE, 1n]]]);
  api = new ApiUnderTest([service], { limits: LIMITS_OF_TEST });
});

afterEach(async () => {
  await api.api.close();
});

/** Holds every read of balances up until `release`; `arrived(n)` resolves when the nth is held. */
function holdReads() {
  const gate = Promise.withResolvers<void>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let held = 0;
  service.hold = () => {
    held += 1;
    for (const { count, resolve } of waiting) if (held >= count) resolve();
    return gate.promise;
  };
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      if (held >= count) resolve();
      else waiting.push({ count, resolve });
    });
  return { release: gate.resolve, arrived };
}

describe("what is no request of ours", () => {
  const post = async (body: string, type = "application/json") => {
    const response = await api.api.inject({
      method: "POST",
      url: "/v1/balances",
      headers: { "content-type": type },
      payload: body,
    });
    return { status: response.statusCode, body: response.json(), type: response.headers["content-type"] };
  };

  it("refuses bodies that are no JSON, are empty, or poison prototypes", async () => {
    for (const body of ["{", "nonsense", "", '{"__proto__": {"a": 1}, "accounts": []}']) {
      expect(await post(body), body).toMatchObject({
        status: 400,
        body: { code: "invalid-json" },
        type: "application/problem+json; charset=utf-8",
      });
    }
  });

  it("refuses other media types, and none", async () => {
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"]) {
      expect(await post('{"accounts":[]}', type), type).toMatchObject({
        status: 415,
        body: { code: "media-type-unsupported" },
      });
    }
    await api.fail("/v1/balances", "invalid-request", { method: "POST" });
  });

  it("refuses a body that is too large", async () => {
    const body = JSON.stringify({ accounts: Array.from({ length: 200 }, () => "memory:one:alice") });
    expect(await post(body)).toMatchObject({ status: 413, body: { code: "body-too-large" } });
  });

  it("refuses unknown, repeated and mistyped query keys, and names them", async () => {
    const unknown = await api.fail(`${balances}?limits=3`, "invalid-request");
    expect(unknown.details).toMatchObject({ in: "query", field: "limits", expected: expect.stringContaining("limit") });
    expect((await api.fail("/v1/chains?x=1", "invalid-request")).details).toMatchObject({ expected: "none" });
    expect((await api.fail(`${balances}?limit=1&limit=2`, "invalid-request")).details.field).toBe("limit");
    const wrong = await api.fail(`${balances}?allowStale=yes`, "invalid-request");
    expect(wrong.details).toMatchObject({ field: "allowStale", expected: "boolean", actual: '"yes"' });
    const finality = await api.fail(`${balances}?finality=${"x".repeat(500)}`, "invalid-request");
    expect(finality.details.expected).toBe("one of latest, safe, finalized");
    expect(finality.details.actual.length).toBeLessThan(130);
  });

  it("refuses paths that are badly encoded, too long, or lead nowhere", async () => {
    await api.fail("/v1/chains/%zz", "invalid-request");
    await api.fail(`/v1/chains/${"x".repeat(2_000)}`, "invalid-request");
    await api.fail(`/v1/chains/${"x".repeat(400)}`, "invalid-request");
    for (const path of ["/", "/v1", "/v1/", "/v2/chains", "/v1/events", "/v1/webhooks"]) {
      await api.fail(path, "route-unknown");
    }
    await api.fail("/v1/chains/one/fees", "route-unknown");
  });

  it("says which methods a route has", async () => {
    const get = await api.ask("/v1/chains", { method: "POST", body: { a: 1 } });
    expect(get).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" }, body: { code: "method-not-allowed" } });
    const put = await api.ask("/v1/accounts/memory:one:alice/balances", { method: "PUT", body: {} });
    expect(put.headers["allow"]).toBe("GET, HEAD");
    expect((await api.ask("/v1/balances")).headers["allow"]).toBe("POST");
  });

  it("answers HEAD with the headers alone", async () => {
    const head = await api.ask(balances, { method: "HEAD" });
    const get = await api.ask(balances);
    expect(head).toMatchObject({ status: 200, body: undefined });
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
  });

  it("says nosniff on every answer, and nothing of other origins", async () => {
    for (const path of [balances, "/v1/chains/nowhere", "/nowhere", "/healthz", "/docs/"]) {
      const { headers } = await api.api.inject({ url: path, headers: { origin: "https://evil.example" } });
      expect(headers["x-content-type-options"], path).toBe("nosniff");
      expect(headers["access-control-allow-origin"], path).toBeUndefined();
    }
  });
});

describe("faults inside", () => {
  it("are told by a request id alone, and logged with it", async () => {
    service.failure = new TypeError("cannot read /srv/secret of undefined");
    const problem = await api.fail(balances, "internal");
    expect(problem).toMatchObject({ status: 500, details: { requestId: expect.stringMatching(/^[0-9a-f]{8}-\w+$/) } });
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(api.logged).toEqual([
      {
        message: "a request failed inside",
        fields: expect.objectContaining({ requestId: problem.details.requestId, err: service.failure, method: "GET" }),
      },
    ]);
  });

  it("of the store keep their code", async () => {
    service.failure = new HeadwaterError("store-failure", "read of /srv/data/000012.ldb failed");
    const problem = await api.fail(balances, "store-failure");
    expect(JSON.stringify(problem)).not.toContain("ldb");
    expect(api.logged).toHaveLength(1);
  });
});

describe("limits", () => {
  it("refuses who is too many, and lets in again when some have left", async () => {
    const { release, arrived } = holdReads();
    const running = [api.ask(balances), api.ask(balances)].map((each) => each.catch((error: unknown) => error));
    await arrived(2);
    const refused = await api.api.inject(balances);
    expect(refused.json()).toMatchObject({ code: "overloaded", status: 503 });
    expect(refused.headers["retry-after"]).toBe("1");
    expect((await api.api.inject("/healthz")).statusCode).toBe(200);
    release();
    await Promise.all(running);
    await api.get(balances);
  });

  it("answers for a request whose time is over, and drops what comes after", async () => {
    const aborted = Promise.withResolvers<unknown>();
    service.hold = (signal) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => {
          aborted.resolve(signal.reason);
          resolve();
        });
      });
    const arrived = new Promise<void>((resolve) => {
      const hold = service.hold;
      service.hold = (signal) => {
        resolve();
        return hold?.(signal) ?? Promise.resolve();
      };
    });
    const answer = api.api.inject(balances);
    await arrived;
    await api.clock.advance(LIMITS_OF_TEST.requestTimeoutMs + 1_000);
    expect((await answer).json()).toMatchObject({ code: "deadline-exceeded", status: 504 });
    expect(await aborted.promise).toMatchObject({ code: "deadline-exceeded" });
    service.hold = undefined;
    await api.get(balances);
  });

  it("ends what it does for a caller who has gone, and takes no offence", async () => {
    const began = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    service.hold = (signal) => {
      began.resolve();
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          ended.resolve();
          reject(signal.reason);
        });
      });
    };
    const { port } = new URL(await api.api.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${balances} HTTP/1.1\r\nhost: here\r\n\r\n`);
    await began.promise;
    socket.destroy();
    await ended.promise;
    service.hold = undefined;
    await api.get(balances);
    expect(api.logged).toEqual([]);
  });
});

describe("on a real connection", () => {
  const open = async (url: string): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const readAll = async (socket: Socket): Promise<string> => {
    let text = "";
    for await (const chunk of socket) text += chunk;
    return text;
  };
  const listen = () => api.api.listen({ host: "127.0.0.1", port: 0 });

  it("answers, and refuses an address that is taken", async () => {
    const url = await listen();
    expect(await (await fetch(url + balances)).json()).toMatchObject({ account: "memory:one:Alice" });
    const second = new ApiUnderTest([service]);
    const port = Number(new URL(url).port);
    await expect(second.api.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({ code: "address-in-use" });
    await second.api.close();
  });

  it("answers what is no HTTP, headers that are too large, and requests that come too slowly", async () => {
    const url = await listen();
    const broken = await open(url);
    broken.write("nonsense\r\n\r\n");
    expect(await readAll(broken)).toMatch(/^HTTP\/1.1 400 .*"code":"invalid-request"/s);
    const large = await open(url);
    large.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await readAll(large)).toMatch(/^HTTP\/1.1 400 .*headers are larger/s);
    const slow = await open(url);
    slow.write(
      "POST /v1/balances HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    expect(await readAll(slow)).toMatch(/^HTTP\/1.1 408 .*"code":"request-timeout"/s);
    await api.get(balances);
  });

  it("finishes running requests when closed, and takes no more", async () => {
    const url = await listen();
    const { release, arrived } = holdReads();
    const running = fetch(url + balances);
    await arrived(1);
    const closed = api.api.close();
    expect((await api.api.inject(balances)).json()).toMatchObject({ code: "shutting-down" });
    release();
    expect((await running).status).toBe(200);
    await closed;
    await expect(fetch(url + balances)).rejects.toThrow();
  });

  it("is not ready while it closes", async () => {
    const { release, arrived } = holdReads();
    const running = api.api.inject(balances);
    await arrived(1);
    expect((await api.api.inject("/readyz")).statusCode).toBe(200);
    const closed = api.api.close();
    expect((await api.api.inject("/readyz")).json()).toMatchObject({ ready: false });
    release();
    await Promise.all([running, closed]);
  });

  it("refuses those still running when the time for closing is over, and cuts what never came whole", async () => {
    const url = await listen();
    const { release, arrived } = holdReads();
    const running = fetch(url + balances);
    await arrived(1);
    const half = await open(url);
    half.write("GET /healthz HTTP/1.1\r\n");
    const cut = once(half, "close");
    half.on("error", () => undefined);
    half.resume();
    const closed = api.api.close();
    await api.clock.advance(LIMITS_OF_TEST.shutdownMs);
    const answer = await running;
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "shutting-down" });
    await Promise.all([closed, cut]);
    release();
  });

  it("may be closed twice, and without having listened", async () => {
    const unused = new ApiUnderTest([service]);
    await Promise.all([unused.api.close(), unused.api.close()]);
  });
});
