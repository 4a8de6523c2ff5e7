import { beforeEach, describe, expect, it } from "vitest";
import { ApiUnderTest } from "../../support/api.ts";
import { MemoryService } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;

beforeEach(async () => {
  service = await MemoryService.open({ alias: "one", startHeight: 10 });
  api = new ApiUnderTest([service]);
  await service.mine([[["alice", "slip44:1", 5n, "mint"]], [["bob", "slip44:1", 5n, "mint"]]]);
  await service.mineEmpty(5);
  await service.mark({ safe: 13, finalized: 12 });
});

describe("GET /v1/chains/{chain}/blocks/{block}", () => {
  it("tells a block by height and by hash, in any case", async () => {
    const block = await api.get("/v1/chains/one/blocks/10");
    expect(block).toEqual({
      chain: "memory:one",
      height: 10,
      hash: "b10-main",
      parentHash: "none",
      parentHeight: 9,
      time: "2025-01-01T00:01:40.000Z",
      transactions: 2,
      finality: "finalized",
      agreement: { operators: 2, required: 2, regions: ["eu-west", "us-east"] },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await api.get("/v1/chains/one/blocks/B10-MAIN")).toEqual(block);
  });

  it("tells the newest, the safe and the finalized block", async () => {
    expect(await api.get("/v1/chains/one/blocks/latest")).toMatchObject({ height: 15, finality: "latest" });
    expect(await api.get("/v1/chains/one/blocks/safe")).toMatchObject({ height: 13, finality: "safe" });
    expect(await api.get("/v1/chains/one/blocks/finalized")).toMatchObject({ height: 12, finality: "finalized" });
  });

  it("tells apart: not yet, never covered, unknown, and no block's name at all", async () => {
    expect((await api.fail("/v1/chains/one/blocks/16", "block-not-yet")).details).toMatchObject({ indexedHeight: 15 });
    expect((await api.fail("/v1/chains/one/blocks/9", "block-not-covered")).details).toMatchObject({ startHeight: 10 });
    await api.fail("/v1/chains/one/blocks/b12-other", "block-unknown");
    await api.fail("/v1/chains/one/blocks/newest", "invalid-request");
    await api.fail("/v1/chains/one/blocks/-1", "invalid-request");
    await api.fail("/v1/chains/one/blocks/99999999999999999999", "invalid-request");
  });

  it("calls an orphaned block unknown", async () => {
    await service.rollback(14);
    await service.mine([], "fork");
    await api.fail("/v1/chains/one/blocks/b15-main", "block-unknown");
    expect(await api.get("/v1/chains/one/blocks/15")).toMatchObject({ hash: "b15-fork" });
  });

  it("has no finalized block yet while none is marked", async () => {
    const young = await MemoryService.open({ id: "memory:young" });
    await young.mine();
    const its = new ApiUnderTest([young]);
    await its.fail("/v1/chains/memory:young/blocks/finalized", "block-not-yet");
    await its.fail("/v1/chains/memory:young/blocks/safe", "block-not-yet");
  });

  it("is not ready before anything is indexed", async () => {
    const empty = await MemoryService.open({ id: "memory:empty" });
    const its = new ApiUnderTest([empty]);
    await its.fail("/v1/chains/memory:empty/blocks/latest", "not-ready");
    empty.ready = false;
    await its.fail("/v1/chains/memory:empty/blocks/latest", "not-ready");
  });

  it("refuses the newest block of a stale index, but not a named or final one", async () => {
    service.measured = { state: "behind", lagSeconds: 61 };
    await api.fail("/v1/chains/one/blocks/latest", "stale");
    await api.fail("/v1/chains/one/blocks/safe", "stale");
    await api.get("/v1/chains/one/blocks/finalized");
    await api.get("/v1/chains/one/blocks/15");
    await api.get("/v1/chains/one/blocks/latest?allowStale=true");
  });

  it("refuses a block with too few operators behind it", async () => {
    await api.fail("/v1/chains/one/blocks/latest?minOperators=3", "agreement-insufficient");
    await api.get("/v1/chains/one/blocks/latest?minOperators=2");
  });

  it("takes no options that name another block", async () => {
    await api.fail("/v1/chains/one/blocks/latest?at=3", "invalid-request");
    await api.fail("/v1/chains/one/blocks/latest?finality=safe", "invalid-request");
  });
});
