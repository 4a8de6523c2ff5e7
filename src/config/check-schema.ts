import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { describeExpected, describeFound } from "./expectation.ts";
import { findNearMiss } from "./near-miss.ts";
import { isWithin, joinPointer, type Pointer, splitPointer } from "./pointer.ts";
import type { SchemaNode } from "./schema.ts";
import type { YamlSource } from "./yaml-source.ts";

/**
 * Fills the schema's defaults into `value`, reads texts from the environment as the numbers or truth values that the
 * schema wants, then checks, and adds every problem to the source. Changes `value` in place.
 * @param at where `value` stands in the file
 * @param quiet whether texts may hold secrets of a kind unknown here, and are never shown
 */
export function checkSchema(source: YamlSource, schema: SchemaNode, value: unknown, at: Pointer, quiet = false): void {
  convertFilled(source, schema, value, at);
  const check = compile(schema);
  if (check(value)) return;
  const errors = check.errors ?? [];
  const unions = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  for (const error of errors) {
    // A union that fits nowhere is one problem, not one for each of its choices.
    if (unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`))) continue;
    addError(source, error, at, quiet);
  }
}

const compiled = new WeakMap<SchemaNode, ValidateFunction>();

// The schema's own words (unit, expected, refused) are unknown to Ajv, hence not strict. Ajv reports all errors and the
// schema around each, which TypeBox's own checker (at most 8 errors, a global setting) does not.
function compile(schema: SchemaNode): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, useDefaults: true, strictNumbers: true });
  const check = ajv.compile(schema);
  compiled.set(schema, check);
  return check;
}

function addError(source: YamlSource, error: ErrorObject, at: Pointer, quiet: boolean): void {
  const pointer = at + error.instancePath;
  const schema = (error.parentSchema ?? {}) as SchemaNode;
  if (error.keyword === "additionalProperties") {
    addUnknownKey(source, joinPointer(pointer, error.params["additionalProperty"]), schema);
  } else if (error.keyword === "required") {
    const key: string = error.params["missingProperty"];
    const expected = describeExpected(schema.properties?.[key] ?? {});
    addOnce(source, joinPointer(pointer, key), `expected ${expected}, got nothing`);
  } else {
    const refusal = typeof error.data === "string" ? schema.refused?.[error.data] : undefined;
    const found = describeFound(error.data, quiet || source.filled.has(pointer));
    addOnce(source, pointer, refusal ?? `expected ${describeExpected(schema)}, got ${found}`);
  }
}

function addUnknownKey(source: YamlSource, pointer: Pointer, schema: SchemaNode): void {
  const known = Object.keys(schema.properties ?? {});
  const key = splitPointer(pointer).at(-1) ?? "";
  const meant = findNearMiss(key, known);
  const choices = schema.expectedKey ?? (known.length === 0 ? "no keys here" : `one of ${known.join(", ")}`);
  const hint = meant === undefined ? `expected ${choices}` : `did you mean ${meant}?`;
  source.addAtKey(pointer, `unknown key: ${hint}`);
}

// One value may fail several words of its schema; the expectation names them all at once.
function addOnce(source: YamlSource, pointer: Pointer, message: string): void {
  for (const broken of source.broken) if (isWithin(pointer, broken)) return;
  source.add(pointer, message);
}

/** An environment variable is text; where the schema wants a number or a truth value, it is read as one. */
function convertFilled(source: YamlSource, schema: SchemaNode, value: unknown, at: Pointer): void {
  for (const pointer of source.filled) {
    if (!pointer.startsWith(`${at}/`)) continue;
    const keys = splitPointer(pointer.slice(at.length));
    const last = keys.pop();
    let holder = value;
    let node: SchemaNode | undefined = schema;
    for (const key of keys) {
      holder = isHolder(holder) ? holder[key] : undefined;
      node = childSchema(node, key);
    }
    if (last === undefined || !isHolder(holder)) continue;
    holder[last] = convertText(holder[last], childSchema(node, last));
  }
}

function convertText(value: unknown, schema: SchemaNode | undefined): unknown {
  if (typeof value !== "string" || schema === undefined) return value;
  const choices = schema.anyOf ?? [schema];
  if (
    choices.some(({ type, const: constant }) => type === "string" && (constant === undefined || constant === value))
  ) {
    return value;
  }
  const wantsNumber = choices.some(({ type }) => type === "integer" || type === "number");
  if (wantsNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  if (choices.some(({ type }) => type === "boolean") && /^(true|false)$/.test(value)) return value === "true";
  return value;
}

function childSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (schema?.items) return schema.items;
  // Where keys are free, they all have the same schema.
  return schema?.properties?.[key] ?? Object.values(schema?.patternProperties ?? {})[0];
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
