import type { SchemaNode } from "./schema.ts";

/** What a schema expects, in words: `a whole number from 1 to 86400 (seconds)`. */
export function describeExpected(schema: SchemaNode): string {
  if (schema.expected !== undefined) return schema.expected;
  if ("const" in schema) return describeConstant(schema.const);
  if (schema.enum) return joinChoices(schema.enum.map(describeConstant));
  if (schema.anyOf) return joinChoices(schema.anyOf.map(describeExpected));
  switch (schema.type) {
    case "integer":
      return describeNumber("a whole number", schema);
    case "number":
      return describeNumber("a number", schema);
    case "string":
      return describeText(schema);
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "array":
      return `a list${describeRange(schema.minItems, schema.maxItems, " of")}`;
    case "object":
      return "a mapping of keys to values";
    default:
      return "another value";
  }
}

/**
 * What came, in words. Texts are shown only when they are short and plain: never one that was filled in from the
 * environment (`secret`), and of a URL no more than its origin.
 */
export function describeFound(value: unknown, secret: boolean): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing (null)";
  if (typeof value === "string") return describeFoundText(value, secret);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  return secret ? `a ${typeof value}` : String(value);
}

function describeFoundText(text: string, secret: boolean): string {
  if (text === "") return "an empty text";
  if (text.includes("://") && URL.canParse(text)) {
    const { protocol, host } = new URL(text);
    return `the URL ${protocol}//${host}`;
  }
  const plain = /^[\w .,:+#-]{1,40}$/.test(text);
  if (secret || !plain) return `a text of ${text.length} characters${secret ? " (not shown)" : ""}`;
  return JSON.stringify(text);
}

function describeConstant(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function joinChoices(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

function describeNumber(noun: string, schema: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const above = exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`;
  const below = exclusiveMaximum === undefined ? "" : ` below ${exclusiveMaximum}`;
  const range = describeRange(minimum, maximum, "");
  const bounds = [above, below, range].filter((bound) => bound !== "").join(" and");
  return `${noun}${bounds}${schema.unit === undefined ? "" : ` (${schema.unit})`}`;
}

function describeText(schema: SchemaNode): string {
  const size = describeRange(schema.minLength, schema.maxLength, " of");
  const pattern = schema.pattern === undefined ? "" : ` matching ${schema.pattern}`;
  return `a text${size}${size === "" ? "" : " characters"}${pattern}`;
}

function describeRange(least: number | undefined, most: number | undefined, preposition: string): string {
  if (least === undefined && most === undefined) return "";
  if (preposition === "") return describeNumberRange(least, most);
  if (most === undefined) return `${preposition} at least ${least}`;
  return least === undefined ? `${preposition} at most ${most}` : `${preposition} ${least} to ${most}`;
}

function describeNumberRange(least: number | undefined, most: number | undefined): string {
  if (most === undefined) return ` from ${least} up`;
  return least === undefined ? ` up to ${most}` : ` from ${least} to ${most}`;
}
