import { describe, expect, test } from "vitest";
import type { HeaderEvidence } from "../../../../src/core/contracts/records.ts";
import type { LedgerStore } from "../../../../src/core/contracts/store.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { evidenceKey, TABLES } from "../../../../src/store/level/keys.ts";
import { encodeEvidence } from "../../../../src/store/level/operation-rows.ts";
import { parentOfStart, sampleBlock } from "../../../../src/testing/store/sample-blocks.ts";
import { type MemoryDatabase, openMemoryStore } from "./memory-store.ts";

const chain = "test:one";
const theirs = sampleBlock(parentOfStart(5)).ref;
const voices = ["n1", "n2"].map((node) => ({ node, operator: `operator of ${node}`, region: "eu" }));
const evidence: HeaderEvidence = { kind: "equivocation", at: 7, said: voices, against: [], theirs, ours: theirs };

async function filled(): Promise<{ store: LedgerStore; database: MemoryDatabase }> {
  const { store, database } = await openMemoryStore();
  await store.records.addEvidence(chain, evidence);
  await store.records.addEvidence(chain, { ...evidence, kind: "integrity-violation", height: 5, message: "no" });
  await store.records.cordon(chain, { node: "n1", since: 1, reason: "slow" });
  await store.records.setConflict(chain, { since: 1, message: "who is right", evidence });
  return { store, database };
}

function readAll({ records }: LedgerStore): Promise<unknown> {
  return Promise.all([records.evidence(chain, 10), records.cordons(chain), records.conflict(chain)]);
}

describe("evidence", () => {
  test("beyond the cap goes, oldest first, also where the cap was lowered since", async () => {
    const { store, database } = await openMemoryStore();
    const newest = LIMITS.evidenceEntries + 2;
    const row = encodeEvidence(evidence);
    for (const sequence of [1, 2, 3, 4, newest]) await database.put(evidenceKey(chain, sequence), row);
    await database.put(evidenceKey("test:two", 1), row);
    const { sequence } = await store.records.addEvidence(chain, evidence);
    expect(sequence).toBe(newest + 1);
    const left = await store.records.evidence(chain, 10);
    expect(left.map((kept) => kept.sequence)).toEqual([newest + 1, newest, 4]);
    expect(await store.records.evidence("test:two", 10)).toHaveLength(1);
    expect(await store.records.evidenceCounts(chain)).toMatchObject({ equivocation: 3, "minority-branch": 0 });
  });
});

describe("damage", () => {
  for (const [table, named] of [
    ["evidence", "evidence 1 of chain test:one"],
    ["cordon", "the cordon of node n1 of chain test:one"],
    ["conflict", "the conflict of chain test:one"],
  ] as const) {
    test(`a row of ${table} that cannot be read is named, to the reader and by verify`, async () => {
      const { store, database } = await filled();
      for await (const [key, value] of database.iterator()) {
        if (key[2] !== TABLES[table]) continue;
        for (const damaged of [
          value.slice(0, -1),
          Buffer.concat([value, Buffer.of(0)]),
          Buffer.of(9),
          Buffer.of(1, 99),
        ]) {
          await database.put(key, damaged);
          await expect(readAll(store)).rejects.toMatchObject({ code: "store-corrupt", details: { row: named } });
          const { faults } = await store.verify();
          expect(faults).toHaveLength(1);
          expect(faults[0]?.actual).toContain(named);
        }
        await database.put(key, value);
        break;
      }
      await readAll(store);
      expect((await store.verify()).faults).toEqual([]);
    });
  }
});
