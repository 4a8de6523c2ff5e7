import { describeExpected } from "./expectation.ts";
import { configSchema, type SchemaNode, schemaNode } from "./schema.ts";

const DIALECT = "http://json-schema.org/draft-07/schema#";
const FROM_ENVIRONMENT = "fromEnvironment";

/**
 * The configuration's JSON Schema (draft-07: what editors read), from the same source as the checks. It is looser in
 * one way: any value may be a text with `${NAME}` in it, since an editor does not know the environment.
 */
function buildJsonSchema(): Record<string, unknown> {
  return {
    $schema: DIALECT,
    definitions: {
      [FROM_ENVIRONMENT]: { type: "string", pattern: "\\$\\{", description: "A text with an environment variable." },
    },
    ...convert(schemaNode(configSchema)),
  };
}

/** The text of `config/headwater.schema.json`. */
export function formatJsonSchema(): string {
  return `${JSON.stringify(buildJsonSchema(), null, 2)}\n`;
}

function convert(schema: SchemaNode): Record<string, unknown> {
  const { properties, items, required, unit, expected, expectedKey, refused, description, ...words } = schema;
  const told = { ...(description !== undefined && { description: describe(schema) }) };
  if (properties) {
    const optional = (key: string) => properties[key]?.default !== undefined;
    const needed = required?.filter((key) => !optional(key)) ?? [];
    const converted = Object.entries(properties).map(([key, property]) => [key, convert(property)]);
    return {
      ...told,
      ...words,
      ...(needed.length > 0 && { required: needed }),
      properties: Object.fromEntries(converted),
    };
  }
  if (items) return { ...told, ...words, items: convert(items) };
  const { patternProperties } = schema;
  if (patternProperties) {
    const converted = Object.entries(patternProperties).map(([key, value]) => [
      key,
      value.properties ? convert(value) : value,
    ]);
    return { ...told, ...words, patternProperties: Object.fromEntries(converted) };
  }
  const { default: standard, ...checks } = words;
  const choices = schema.anyOf ?? [checks];
  return {
    ...told,
    ...(standard !== undefined && { default: standard }),
    anyOf: [...choices, { $ref: `#/definitions/${FROM_ENVIRONMENT}` }],
  };
}

function describe(schema: SchemaNode): string {
  const expected = schema.properties || schema.items ? "" : ` Expected: ${describeExpected(schema)}.`;
  return `${schema.description}${expected}`;
}
