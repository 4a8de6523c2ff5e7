// Writes the tables of docs/errors.md, docs/limits.md and docs/metrics.md from the source. A test fails while they differ.
// Usage: node scripts/build-reference.ts
import { readFileSync, writeFileSync } from "node:fs";
import { buildErrorsTable, buildLimitsTable, buildMetricsTable, replaceTable } from "./reference-tables.ts";

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const tables = {
  "docs/errors.md": buildErrorsTable(),
  "docs/limits.md": buildLimitsTable(readFileSync(at("src/core/limits.ts"), "utf8")),
  "docs/metrics.md": buildMetricsTable(),
};
for (const [paper, table] of Object.entries(tables)) {
  const before = readFileSync(at(paper), "utf8");
  const after = replaceTable(before, table);
  if (after !== before) writeFileSync(at(paper), after);
  console.log(`${paper}: ${after === before ? "as it was" : "written anew"}`);
}
