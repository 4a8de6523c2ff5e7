import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseFaultScript } from "../../../src/app/load-fault-script.ts";
import { FAULT_SCHEMAS } from "../../../src/testing/faulty-node/fault-script.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headwater-faults-"));
});
afterEach(() => rm(folder, { recursive: true }));

function problemsOf(text: string): string[] {
  try {
    parseFaultScript(text, "faults.yaml");
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

describe("a fault script", () => {
  it("is YAML or JSON, with a seed of its own or 1", () => {
    const yaml = "seed: 7\nfaults:\n  - { kind: fork, depth: 3, when: { fromSeconds: 5, probability: 0.5 } }\n";
    expect(parseFaultScript(yaml, "f")).toEqual({
      seed: 7,
      faults: [{ kind: "fork", depth: 3, when: { fromSeconds: 5, probability: 0.5 } }],
    });
    expect(parseFaultScript('{ "faults": [] }', "f")).toEqual({ seed: 1, faults: [] });
  });

  it.each([
    ["", /faults.yaml:1:1: expected/],
    ["faults: 3", /^faults.yaml:1:9: faults: expected a list/],
    ["faults:\n  - { kind: forks }", /^faults.yaml:2:13: faults\[0\].kind: unknown kind: did you mean fork/],
    ["faults:\n  - { kind: zzz }", /kind: unknown kind: expected one of latency, drop, /],
    ["faults:\n  - { depth: 1 }", /faults\[0\].kind: expected .*got nothing/],
    ["faults:\n  - { kind: fork }", /^faults.yaml:2:5: faults\[0\].depth: expected a whole number/],
    ["faults:\n  - { kind: drop, dept: 3 }", /^faults.yaml:2:19: faults\[0\].dept: unknown key/],
    ["faults:\n  - { kind: drop, when: { from: 3 } }", /faults\[0\].when.from: unknown key/],
    ["faults:\n  - { kind: drop, when: { probability: 2 } }", /faults\[0\].when.probability: expected .*1/],
    ["faults:\n  - { kind: drop, when: { fromSeconds: 5, untilSeconds: 5 } }", /untilSeconds: expected a time after/],
    ["seed: -1\nfaults: []", /^faults.yaml:1:7: seed: expected/],
    ["faults: [", /expected valid YAML/],
  ])("that is wrong says where: %j", (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it("knows every kind of fault", () => {
    for (const kind of Object.keys(FAULT_SCHEMAS)) {
      expect(problemsOf(`faults: [{ kind: ${kind} }]`).join("\n")).not.toContain(".kind:");
    }
  });
});

describe("headwater faulty-node", () => {
  it("wants either an upstream or recorded blocks", async () => {
    const script = join(folder, "faults.yaml");
    await writeFile(script, "faults: []\n");
    const { code, stderr } = await runCli(["faulty-node", "--script", script]);
    expect([code, stderr.includes("either --upstream or --blocks")]).toEqual([1, true]);
  });

  it("has no recorded blocks of Bitcoin's family", async () => {
    const script = join(folder, "faults.yaml");
    await writeFile(script, "faults: []\n");
    const { code, stderr } = await runCli(["faulty-node", "--family", "bitcoin", "--blocks", ".", "--script", script]);
    expect([code, stderr.includes("of the family evm only")]).toEqual([1, true]);
  });

  it("says what is wrong with the script, with code 78", async () => {
    const script = join(folder, "faults.yaml");
    await writeFile(script, "faults: [{ kind: dropp }]\n");
    const { code, stderr } = await runCli(["faulty-node", "--upstream", "http://127.0.0.1:1", "--script", script]);
    expect([code, stderr.includes("faults[0].kind")]).toEqual([78, true]);
  });
});
