import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeExpected } from "../../../src/config/expectation.ts";
import { configSchema, type SchemaNode, schemaNode } from "../../../src/config/schema.ts";
import bitcoin from "../../../src/plugins/bitcoin/index.ts";
import evm from "../../../src/plugins/evm/index.ts";
import solana from "../../../src/plugins/solana/index.ts";

const text = readFileSync(new URL("../../../docs/config.md", import.meta.url), "utf8");

test("docs/config.md describes every key and every option of the built-in plugins as the schemas do, and no other", () => {
  const written = text.split("\n").filter((line) => line.startsWith("| `"));
  const options = [evm, bitcoin, solana].flatMap(({ manifest }) =>
    rowsOf(schemaNode(manifest.optionsSchema), "options"),
  );
  expect(written).toEqual([...rowsOf(schemaNode(configSchema), ""), ...options]);
});

/** One row a key: its path, what is expected, its default, and what it is for. */
function rowsOf(schema: SchemaNode, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const place = path === "" ? key : `${path}.${key}`;
    const row = `| \`${place}\` | ${describeExpected(child)} | ${standardOf(key, child, schema)} | ${child.description} |`;
    const [named] = Object.values(child.patternProperties ?? {});
    if (named) return [row, ...rowsOf(named, `${place}.*`)];
    return [row, ...rowsOf(child.items ?? child, child.items ? `${place}[]` : place)];
  });
}

function standardOf(key: string, child: SchemaNode, parent: SchemaNode): string {
  if (child.default !== undefined) return child.properties ? "as below" : `\`${JSON.stringify(child.default)}\``;
  return parent.required?.includes(key) ? "required" : "-";
}
