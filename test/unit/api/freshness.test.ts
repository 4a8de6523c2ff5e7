import { beforeEach, describe, expect, it } from "vitest";
import { encodeToken } from "../../../src/api/token.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { MemoryService, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const reads = ["balances", "transactions", "history"].map((what) => `/v1/accounts/memory:one:alice/${what}`);

beforeEach(async () => {
  service = await MemoryService.open();
  api = new ApiUnderTest([service]);
  await service.mine([[["alice", NATIVE, 100n, "mint"]]]);
  await service.mineEmpty(9);
  await service.mark({ safe: 7, finalized: 5 });
});

const tokenAt = (height: number) => encodeToken([["memory:one", { height, hash: `b${height}-main` }]]);

describe.each(reads)("%s", (path) => {
  it("stands on the block that is named", async () => {
    expect((await api.get(path)).asOf).toMatchObject({ height: 9, finality: "latest" });
    expect((await api.get(`${path}?at=6`)).asOf).toMatchObject({ height: 6, finality: "safe" });
    expect((await api.get(`${path}?at=b3-main`)).asOf).toMatchObject({ height: 3, finality: "finalized" });
    expect((await api.get(`${path}?finality=safe`)).asOf).toMatchObject({ height: 7, finality: "safe" });
    expect((await api.get(`${path}?finality=finalized`)).asOf).toMatchObject({ height: 5, finality: "finalized" });
  });

  it("refuses blocks it cannot stand on, each for its reason", async () => {
    await api.fail(`${path}?at=10`, "block-not-yet");
    await api.fail(`${path}?at=b3-fork`, "block-unknown");
    await api.fail(`${path}?at=soon`, "invalid-request");
    await api.fail(`${path}?at=3&finality=safe`, "invalid-request");
    await api.fail(`${path}?finality=certain`, "invalid-request");
  });

  it("answers at least as new as the token, or says that it cannot yet", async () => {
    const { token } = await api.get(path);
    expect(token).toBe(tokenAt(9));
    await api.get(`${path}?notOlderThan=${token}`);
    const problem = await api.fail(`${path}?notOlderThan=${tokenAt(10)}`, "behind-token");
    expect(problem).toMatchObject({ status: 503, details: { height: 9, tokenHeight: 10, tokenHash: "b10-main" } });
    await service.mine();
    await api.get(`${path}?notOlderThan=${tokenAt(10)}`);
  });

  it("holds a finality against the token too: what is final catches up", async () => {
    await api.fail(`${path}?finality=finalized&notOlderThan=${tokenAt(6)}`, "behind-token");
    await service.mark({ safe: 7, finalized: 6 });
    await api.get(`${path}?finality=finalized&notOlderThan=${tokenAt(6)}`);
  });

  it("refuses a named block that is older than the token: waiting would not help", async () => {
    await api.fail(`${path}?at=6&notOlderThan=${tokenAt(7)}`, "invalid-request");
    await api.get(`${path}?at=6&notOlderThan=${tokenAt(6)}`);
  });

  it("does not go backwards over a reorg that shortens the chain", async () => {
    const { token } = await api.get(path);
    await service.rollback(8);
    await api.fail(`${path}?notOlderThan=${token}`, "behind-token");
    await service.mine([], "fork");
    expect((await api.get(`${path}?notOlderThan=${token}`)).asOf.hash).toBe("b9-fork");
  });

  it("ignores what a token says of other chains", async () => {
    const token = encodeToken([["memory:two", { height: 1_000, hash: "b1000-main" }]]);
    await api.get(`${path}?notOlderThan=${token}`);
  });

  it("refuses a token that is none", async () => {
    for (const token of [
      "x",
      "%20",
      tokenAt(3).slice(2),
      `${tokenAt(3)}=`,
      btoa("[2,{}]"),
      btoa('[1,{"memory:one":[-1,"b"]}]'),
    ]) {
      await api.fail(`${path}?notOlderThan=${encodeURIComponent(token)}`, "invalid-token");
    }
    await api.fail(`${path}?notOlderThan=`, "invalid-request");
  });

  it("refuses moving reads of a stale index, and says how to ask all the same", async () => {
    for (const measured of [
      { state: "behind", lagSeconds: 60.5 },
      { state: "stalled" },
      { state: "unknown" },
    ] as const) {
      service.measured = measured;
      for (const query of ["", "?finality=latest", "?finality=safe", "?allowStale=false"]) {
        const problem = await api.fail(path + query, "stale");
        expect(problem.detail).toContain("allowStale=true");
      }
      for (const query of ["?allowStale=true", "?at=9", "?finality=finalized"]) await api.get(path + query);
    }
    service.measured = { state: "behind", lagSeconds: 60 };
    await api.get(path);
  });

  it("in conflict answers what was final, and no more", async () => {
    service.measured = { state: "conflict", reason: "two hashes for block 5" };
    for (const query of ["", "?finality=safe", "?at=6"]) await api.fail(path + query, "finality-conflict");
    for (const query of ["?finality=finalized", "?at=5", "?at=0", "?allowStale=true"]) await api.get(path + query);
  });

  it("refuses a block with fewer operators behind it than asked for", async () => {
    service.agreement = { operators: 1, required: 2, regions: ["eu-west"] };
    const problem = await api.fail(`${path}?minOperators=2`, "agreement-insufficient");
    expect(problem).toMatchObject({ status: 503, details: { operators: 1, minOperators: 2 } });
    expect((await api.get(`${path}?minOperators=1`)).asOf.agreement).toEqual(service.agreement);
    await api.fail(`${path}?minOperators=-1`, "invalid-request");
  });

  it("is not ready before anything is indexed", async () => {
    service.ready = false;
    await api.fail(path, "not-ready");
  });
});
