import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildLimitsTable, readReasons, replaceTable, unitOf } from "../../../scripts/reference-tables.ts";
import { LIMITS } from "../../../src/core/limits.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const source = read("src/core/limits.ts");
const paper = read("docs/limits.md");

/** Rows of the paper's table, apart from the builder: name, value, unit, reason. */
const rows = new Map(
  [...paper.matchAll(/^\| `(\w+)` \| ([\d,]+) \| (\w+) \| (.+) \|$/gm)].map((row) => [row[1] as string, row.slice(2)]),
);

it.each(Object.entries(LIMITS))("docs/limits.md has %s: %d, with its unit and reason", (name, value) => {
  const [shown, unit, reason] = rows.get(name) ?? [];
  expect(shown?.replaceAll(",", ""), "run `npm run build:reference`").toBe(String(value));
  expect(unit).toBe(unitOf(name));
  expect(reason?.length).toBeGreaterThan(10);
});

it("docs/limits.md names no limit that there is not, and is as its script writes it", () => {
  expect([...rows.keys()]).toEqual(Object.keys(LIMITS));
  expect(paper, "run `npm run build:reference`").toBe(replaceTable(paper, buildLimitsTable(source)));
});

it.each(Object.entries(LIMITS))("%s is a whole number above zero", (_name, value) => {
  expect(Number.isSafeInteger(value) && value > 0).toBe(true);
});

it("no cap is there for nothing: each is used in the source", () => {
  const root = join(import.meta.dirname, "../../..");
  const used = globSync("src/**/*.ts", { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), "utf8").matchAll(/LIMITS\.(\w+)/g)])
    .map((match) => match[1]);
  expect(Object.keys(LIMITS).filter((name) => !used.includes(name))).toEqual([]);
});

it("reads the unit from a name's end and refuses a name without one", () => {
  expect(unitOf("nodeRequestTimeoutMs")).toBe("milliseconds");
  expect(unitOf("pipelineBlocks")).toBe("blocks");
  expect(unitOf("apiPageRowsDefault")).toBe("rows");
  expect(() => unitOf("somethingLarge")).toThrow("somethingLarge");
});

it("reads a comment for the limits below it, over several lines too", () => {
  const text = "x = {\n  /** One\n   * two. */\n  aBytes: 1,\n  bBytes: 2,\n  /** Three: four. */\n  cMs: 3,\n}";
  expect([...readReasons(text)]).toEqual([
    ["aBytes", "One two."],
    ["bBytes", "One two."],
    ["cMs", "Three: four."],
  ]);
});
