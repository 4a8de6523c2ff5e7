import { beforeEach, describe, expect, it } from "vitest";
import type { Evidence, HeaderEvidence } from "../../../src/core/contracts/records.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { GENESIS_TIME, GOLD, MemoryService } from "../../support/memory-service.ts";

const liar = { node: "acme-eu", operator: "acme", region: "eu-west" };
const witness = { node: "bolt-us", operator: "bolt", region: "us-east" };
const dispute = { at: GENESIS_TIME, said: [liar], against: [witness] };
const shown = { at: "2025-01-01T00:00:00.000Z", said: [liar], against: [witness] };

let service: MemoryService;
let api: ApiUnderTest;
let header: HeaderEvidence;

beforeEach(async () => {
  service = await MemoryService.open({ id: "memory:one", alias: "first" });
  const other = await MemoryService.open({ id: "memory:two" });
  api = new ApiUnderTest([service, other]);
  await service.mineEmpty(5);
  header = { ...dispute, kind: "minority-branch", theirs: { ...service.tip, hash: "b4-fork" }, ours: service.tip };
});

async function add(...evidence: Evidence[]): Promise<void> {
  for (const each of evidence) await service.store.records.addEvidence("memory:one", each);
}

describe("GET /v1/chains/{chain}/evidence", () => {
  it("tells what each kind says", async () => {
    await add(
      header,
      { ...header, kind: "finality-violation", ours: null },
      {
        ...dispute,
        kind: "balance-dissent",
        block: service.tip,
        account: "ann",
        asset: GOLD,
        theirs: 2n ** 70n,
        ours: -1n,
      },
      { ...dispute, kind: "content-conflict", block: service.tip, theirs: "ab".repeat(32), ours: "cd".repeat(32) },
      { ...dispute, kind: "integrity-violation", height: 4, message: "from https://u:p@node.example/key: no root" },
    );
    const answer = await api.get("/v1/chains/first/evidence");
    const block = (hash: string) => expect.objectContaining({ height: 4, hash, time: "2025-01-01T00:00:40.000Z" });
    expect(answer).toEqual({
      chain: "memory:one",
      evidence: [
        {
          sequence: 5,
          kind: "integrity-violation",
          ...shown,
          height: 4,
          message: "from https://node.example no root",
        },
        {
          sequence: 4,
          kind: "content-conflict",
          ...shown,
          block: block("b4-main"),
          theirs: "ab".repeat(32),
          ours: "cd".repeat(32),
        },
        {
          sequence: 3,
          kind: "balance-dissent",
          ...shown,
          block: block("b4-main"),
          account: "memory:one:Ann",
          asset: "memory:one/token:gold",
          theirs: "1180591620717411303424",
          ours: "-1",
        },
        { sequence: 2, kind: "finality-violation", ...shown, theirs: block("b4-fork"), ours: null },
        { sequence: 1, kind: "minority-branch", ...shown, theirs: block("b4-fork"), ours: block("b4-main") },
      ],
      next: null,
    });
    expect((await api.get("/v1/chains/memory:two/evidence")).evidence).toEqual([]);
  });

  it("goes through pages that new evidence does not move", async () => {
    await add(header, header, header, header, header);
    const sequences = ({ evidence }: { evidence: { sequence: number }[] }) => evidence.map(({ sequence }) => sequence);
    const first = await api.get("/v1/chains/first/evidence?limit=2");
    expect(sequences(first)).toEqual([5, 4]);
    await add(header);
    const second = await api.get(`/v1/chains/first/evidence?limit=2&cursor=${first.next}`);
    expect(sequences(second)).toEqual([3, 2]);
    const third = await api.get(`/v1/chains/first/evidence?limit=2&cursor=${second.next}`);
    expect([sequences(third), third.next]).toEqual([[1], null]);
    await api.fail(`/v1/chains/memory:two/evidence?cursor=${first.next}`, "invalid-cursor");
    await api.fail("/v1/chains/first/evidence?limit=0", "invalid-request");
    await api.fail("/v1/chains/third/evidence", "chain-unknown");
  });
});

describe("GET /v1/chains/{chain}", () => {
  it("counts the evidence by kind and shows the conflict", async () => {
    await add(header, header, { ...header, kind: "equivocation" });
    const evidence: HeaderEvidence = { ...header, kind: "final-conflict" };
    service.conflict = { since: GENESIS_TIME, message: "told by https://u:p@node.example/key also", evidence };
    service.measured = { state: "conflict" };
    const chain = await api.get("/v1/chains/first");
    expect(chain.evidence).toMatchObject({ total: 3, "minority-branch": 2, equivocation: 1, "balance-dissent": 0 });
    expect(chain.conflict).toEqual({
      since: "2025-01-01T00:00:00.000Z",
      message: "told by https://node.example also",
      evidence: {
        kind: "final-conflict",
        ...shown,
        theirs: expect.objectContaining({ hash: "b4-fork" }),
        ours: expect.objectContaining({ hash: "b4-main" }),
      },
    });
    expect((await api.get("/v1/chains/memory:two")).conflict).toBeNull();
  });

  it("shows the newest block told and the newest agreed apart", async () => {
    const [agreed] = service.refs.slice(-2);
    const agreement = { operators: 1, required: 2, regions: ["eu-west"] };
    service.measured = {
      tip: { ...service.tip, agreement },
      agreedTip: agreed ? { ...agreed, agreement: service.agreement } : null,
    };
    expect(await api.get("/v1/chains/first")).toMatchObject({
      tip: { hash: "b4-main", agreement },
      agreedTip: { hash: "b3-main", agreement: { operators: 2 } },
    });
  });
});
