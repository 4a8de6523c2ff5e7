// Checks the direction of imports between the folders of src/ (rules: .dependency-cruiser.mjs). A cruise that cannot read
// the sources reports no violation, so every file below src/ must be among the modules that were cruised.
// Usage: node scripts/check-direction.mjs [folder that holds src/]
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { cruise } from "dependency-cruiser";
import configuration, { inSomeRoom } from "../.dependency-cruiser.mjs";

const root = resolve(process.argv[2] ?? ".");
const files = globSync("src/**/*.{ts,mts,cts,js,mjs,cjs}", { cwd: root });

const { output } = await cruise(["src"], {
  ...configuration.options,
  baseDir: root,
  validate: true,
  ruleSet: { forbidden: configuration.forbidden },
});
const cruised = new Set(output.modules.map((module) => module.source));
const homeless = files.filter((file) => !inSomeRoom.test(file));
const missed = files.filter((file) => !cruised.has(file));

for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
for (const file of homeless) console.error(`every-file-has-a-room: ${file}`);
if (missed.length > 0) console.error(`not looked at: ${missed.join(", ")}`);
if (files.length === 0) console.error(`there is no source file below ${root}/src`);
const count = output.summary.violations.length + homeless.length;
console.log(`direction: ${files.length} files, ${cruised.size} modules cruised, ${count} violations`);
process.exitCode = count > 0 || missed.length > 0 || files.length === 0 ? 1 : 0;
