import assert from "node:assert/strict";
import { type ConflictRecord, EVIDENCE_KINDS, type Evidence, type Voice } from "../../core/contracts/records.ts";
import { LIMITS } from "../../core/limits.ts";
import { openLedger, rejects, type SuitePart, terms } from "./harness.ts";
import { parentOfStart, sampleBlock } from "./sample-blocks.ts";

const { chain } = terms;
const ours = sampleBlock(parentOfStart(terms.startHeight)).ref;
const theirs = sampleBlock(parentOfStart(terms.startHeight), { fork: "b" }).ref;
const liar: Voice = { node: "n1", operator: "acme", region: "eu" };
const others: Voice[] = ["bolt", "crown"].map((operator, i) => ({ node: `n${i + 2}`, operator, region: "us" }));
const dispute = { at: 1_700_000_000_000, said: [liar], against: others };

const EVERY_KIND: readonly Evidence[] = [
  { ...dispute, kind: "equivocation", theirs, ours },
  { ...dispute, kind: "minority-branch", theirs, ours },
  { ...dispute, kind: "finality-violation", theirs, ours: null, against: [] },
  { ...dispute, kind: "final-conflict", theirs, ours },
  {
    ...dispute,
    kind: "balance-dissent",
    block: ours,
    account: "ann",
    asset: "slip44:1",
    theirs: -1n,
    ours: 2n ** 200n,
  },
  { ...dispute, kind: "content-conflict", block: ours, theirs: "ab".repeat(32), ours: "cd".repeat(32) },
  { ...dispute, kind: "integrity-violation", height: 7, message: "block 7: receiptsRoot is 0xab, expected 0xcd" },
];

const conflict: ConflictRecord = {
  since: 1_700_000_000_001,
  message: "three of five operators call another block 5 final",
  evidence: { ...dispute, kind: "final-conflict", theirs, ours },
};

/** What is kept beside the ledger, of chains that are open and of others. */
export const records: SuitePart = {
  evidence: {
    "of every kind comes back as it was, newest first, counted from 1": async (store) => {
      const kept = [];
      for (const evidence of EVERY_KIND) kept.push(await store.records.addEvidence(chain, evidence));
      assert.deepEqual(
        kept,
        EVERY_KIND.map((evidence, i) => ({ ...evidence, sequence: i + 1 })),
      );
      assert.deepEqual(await store.records.evidence(chain, 100), kept.toReversed());
      assert.deepEqual((await store.verify()).faults, []);
    },
    "is read in pages": async (store) => {
      for (const evidence of EVERY_KIND) await store.records.addEvidence(chain, evidence);
      const sequences = async (limit: number, before?: number) =>
        (await store.records.evidence(chain, limit, before)).map(({ sequence }) => sequence);
      assert.deepEqual(await sequences(2), [7, 6]);
      assert.deepEqual(await sequences(3, 5), [4, 3, 2]);
      assert.deepEqual(await sequences(3, 2), [1]);
      assert.deepEqual(await sequences(3, 1), []);
      assert.deepEqual(await sequences(0), []);
    },
    "of one chain is not another's, also where one's name begins with the other's": async (store) => {
      const [first, second] = EVERY_KIND;
      assert(first && second);
      await store.records.addEvidence("test:one", first);
      await store.records.addEvidence("test:one1", second);
      assert.deepEqual(await store.records.evidence("test:one", 10), [{ ...first, sequence: 1 }]);
      assert.deepEqual(await store.records.evidence("test:one1", 10), [{ ...second, sequence: 1 }]);
      assert.deepEqual(await store.records.evidence("test:two", 10), []);
    },
    "added at once is numbered without gaps": async (store) => {
      const evidence = EVERY_KIND[0] as Evidence;
      const kept = await Promise.all(Array.from({ length: 20 }, () => store.records.addEvidence(chain, evidence)));
      assert.deepEqual(
        kept.map(({ sequence }) => sequence).sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    },
    "keeps a long message up to its limit, and any text a node may send": async (store) => {
      const { recordTextCharacters } = LIMITS;
      const evidence: Evidence = { ...dispute, kind: "integrity-violation", height: 7, message: "" };
      await store.records.addEvidence(chain, { ...evidence, message: "x".repeat(recordTextCharacters + 1) });
      await store.records.addEvidence(chain, { ...evidence, message: "half a character \ud800" });
      const texts = (await store.records.evidence(chain, 2)).map((kept) => "message" in kept && kept.message);
      assert.deepEqual(texts, ["half a character \ufffd", "x".repeat(recordTextCharacters)]);
    },
    "is counted by kind": async (store) => {
      const none = await store.records.evidenceCounts(chain);
      assert.deepEqual(none, Object.fromEntries(EVIDENCE_KINDS.map((kind) => [kind, 0])));
      for (const evidence of [...EVERY_KIND, EVERY_KIND[1] as Evidence])
        await store.records.addEvidence(chain, evidence);
      const counts = await store.records.evidenceCounts(chain);
      assert.deepEqual(
        EVIDENCE_KINDS.map((kind) => counts[kind]),
        [1, 2, 1, 1, 1, 1, 1],
      );
      assert.deepEqual(await store.records.evidenceCounts("test:two"), none);
    },
    "changes neither ledger nor journal": async (store) => {
      const ledger = await openLedger(store);
      await ledger.commit([sampleBlock(parentOfStart(terms.startHeight))]);
      const before = ledger.position;
      await store.records.addEvidence(chain, EVERY_KIND[0] as Evidence);
      await store.records.cordon(chain, { node: "n1", since: 1, reason: "" });
      await store.records.setConflict(chain, conflict);
      assert.deepEqual(ledger.position, before);
      assert.equal((await store.events(0, 10)).length, 1);
      assert.deepEqual((await store.verify()).faults, []);
    },
  },
  cordons: {
    "are kept until they are taken back, the newest word of a node": async (store) => {
      const { records } = store;
      assert.deepEqual(await records.cordons(chain), []);
      await records.cordon(chain, { node: "n2", since: 1, reason: "slow" });
      await records.cordon(chain, { node: "n1", since: 2, reason: "" });
      await records.cordon(chain, { node: "n2", since: 3, reason: "on another fork, see ticket 17" });
      await records.cordon("test:two", { node: "n1", since: 4, reason: "elsewhere" });
      assert.deepEqual(await records.cordons(chain), [
        { node: "n1", since: 2, reason: "" },
        { node: "n2", since: 3, reason: "on another fork, see ticket 17" },
      ]);
      await records.uncordon(chain, "n2");
      await records.uncordon(chain, "n3");
      assert.deepEqual(await records.cordons(chain), [{ node: "n1", since: 2, reason: "" }]);
      assert.deepEqual(await records.cordons("test:two"), [{ node: "n1", since: 4, reason: "elsewhere" }]);
    },
  },
  "the conflict": {
    "of a chain is kept until it is resolved": async (store) => {
      const { records } = store;
      assert.equal(await records.conflict(chain), undefined);
      await records.setConflict(chain, conflict);
      assert.deepEqual(await records.conflict(chain), conflict);
      assert.equal(await records.conflict("test:two"), undefined);
      const later = { ...conflict, since: conflict.since + 1, evidence: { ...conflict.evidence, ours: null } };
      await records.setConflict(chain, later);
      assert.deepEqual(await records.conflict(chain), later);
      await records.setConflict(chain, undefined);
      assert.equal(await records.conflict(chain), undefined);
      await records.setConflict(chain, undefined);
    },
  },
  "records of a closed store": {
    "are refused": async (store) => {
      const { records } = store;
      await store.close();
      await rejects(records.addEvidence(chain, EVERY_KIND[0] as Evidence), "store-closed");
      await rejects(records.evidence(chain, 1), "store-closed");
      await rejects(records.evidenceCounts(chain), "store-closed");
      await rejects(records.cordons(chain), "store-closed");
      await rejects(records.uncordon(chain, "n1"), "store-closed");
      await rejects(records.conflict(chain), "store-closed");
    },
  },
};
