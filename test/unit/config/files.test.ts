import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { formatJsonSchema } from "../../../src/config/json-schema.ts";
import { loadConfig, parseConfig } from "../../../src/config/load.ts";
import { configSchema, type SchemaNode, schemaNode } from "../../../src/config/schema.ts";
import { isChainId } from "../../../src/core/caip.ts";

const folder = new URL("../../../config/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml") && name !== "prometheus-rules.yaml");
const anyOptions = { optionsSchemaOf: () => Type.Record(Type.String(), Type.Unknown()) };

function pathOf(name: string): string {
  return new URL(name, folder).pathname;
}

describe("config/", () => {
  test("holds the files that the documentation names", () => {
    expect(files).toEqual(expect.arrayContaining(["default.yaml", "demo.yaml", "mainnet.example.yaml"]));
  });

  test.each(files)("%s loads without any environment variable", async (name) => {
    const config = await loadConfig(pathOf(name), {}, anyOptions);
    expect(config.chains.length).toBeGreaterThan(0);
  });

  test.each(files)("%s keeps the JSON schema that it names", (name) => {
    const text = readFileSync(pathOf(name), "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./headwater.schema.json");
    const check = new Ajv({ allErrors: true, strict: true, strictRequired: false }).compile(
      JSON.parse(formatJsonSchema()),
    );
    check(parseYaml(text));
    expect(check.errors).toBeNull();
  });

  test("the JSON schema refuses what the loader refuses", () => {
    const check = new Ajv({ strict: true, strictRequired: false }).compile(JSON.parse(formatJsonSchema()));
    const valid = parseYaml(readFileSync(pathOf("default.yaml"), "utf8"));
    expect(check(valid)).toBe(true);
    expect(check({ ...valid, color: 1 })).toBe(false);
    expect(check({ ...valid, region: undefined })).toBe(false);
    expect(check({ ...valid, api: { port: 65_536 } })).toBe(false);
    expect(check({ ...valid, region: "Not A Name" })).toBe(false);
    expect(check({ region: valid.region, chains: valid.chains })).toBe(true);
  });

  test("headwater.schema.json is what scripts/build-config-schema.ts writes", () => {
    expect(readFileSync(pathOf("headwater.schema.json"), "utf8")).toBe(formatJsonSchema());
  });

  test("default.yaml writes out every default, and nothing but", async () => {
    const text = readFileSync(pathOf("default.yaml"), "utf8");
    const bare = withoutDefaults(parseYaml(text), schemaNode(configSchema), "");
    expect(bare.removed.sort()).toEqual(defaultedPaths(schemaNode(configSchema), "").sort());
    const config = await parseConfig(text, pathOf("default.yaml"), {}, anyOptions);
    expect(config).toEqual(await parseConfig(JSON.stringify(bare.value), pathOf("default.yaml"), {}, anyOptions));
  });

  test("mainnet.example.yaml gives every chain several operators", async () => {
    const { chains } = await loadConfig(pathOf("mainnet.example.yaml"), {}, anyOptions);
    for (const { id, nodes, agreement } of chains) {
      const operators = new Set(nodes.map(({ operator }) => operator)).size;
      expect([id, operators]).toEqual([id, expect.toSatisfy((count: number) => count >= 3)]);
      expect(agreement.operators).toBeGreaterThanOrEqual(2);
    }
  });
});

test("the schema's chain id pattern is CAIP-2's as the core reads it", () => {
  const pattern = new RegExp(schemaNode(configSchema).properties?.["chains"]?.items?.properties?.["id"]?.pattern ?? "");
  const ids = [
    "eip155:1",
    "abc:x",
    "ab:1",
    "abcdefgh:1",
    "abcdefghi:1",
    "Eip155:1",
    "eip155:",
    `abc:${"a".repeat(32)}`,
    `abc:${"a".repeat(33)}`,
    "abc:a_b-C",
    "abc:a.b",
    "a b:1",
    "abc:1 ",
    "abc:1:2",
  ];
  for (const id of ids) expect([id, pattern.test(id)]).toEqual([id, isChainId(id)]);
});

/** The paths of all leaves that have a default. */
function defaultedPaths(schema: SchemaNode, path: string): string[] {
  const children = Object.entries(schema.properties ?? {}).map(([key, child]): [string, SchemaNode] => [
    `${path}.${key}`,
    child,
  ]);
  if (schema.items) children.push([`${path}[]`, schema.items]);
  if (children.length === 0) return schema.default === undefined ? [] : [path];
  return children.flatMap(([childPath, child]) => defaultedPaths(child, childPath));
}

function withoutDefaults(value: unknown, schema: SchemaNode, path: string): { value: unknown; removed: string[] } {
  if (Array.isArray(value)) {
    const parts = value.map((item) => withoutDefaults(item, schema.items ?? {}, `${path}[]`));
    return { value: parts.map((part) => part.value), removed: [...new Set(parts.flatMap((part) => part.removed))] };
  }
  if (typeof value !== "object" || value === null) return { value, removed: [] };
  const kept: Record<string, unknown> = {};
  const removed: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const child = schema.properties?.[key] ?? {};
    if (child.default !== undefined && !child.properties) {
      expect([`${path}.${key}`, member]).toEqual([`${path}.${key}`, child.default]);
      removed.push(`${path}.${key}`);
      continue;
    }
    const inner = withoutDefaults(member, child, `${path}.${key}`);
    kept[key] = inner.value;
    removed.push(...inner.removed);
  }
  return { value: kept, removed };
}
