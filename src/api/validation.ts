import { Ajv, type ValidateFunction } from "ajv";
import type { FastifySchemaCompiler, FastifySchemaValidationError } from "fastify";
import type { FastifyValidationResult } from "fastify/types/schema.js";
import type { TSchema } from "typebox";
import { quote } from "../core/caip.ts";
import { HeadwaterError } from "../core/errors.ts";

// Nothing is removed or filled in: a caller who misspells a name is told, not ignored. Only what comes as text anyway
// (paths and queries) is read as numbers and booleans; a body says its types itself.
const options = { removeAdditional: false, useDefaults: false, allErrors: false, verbose: true, strict: true } as const;

/**
 * Compiles the schemas of requests for fastify, each with the first request that it is for: all of them at once would
 * take a tenth of a second of every start.
 */
export function buildValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const text = new Ajv({ ...options, coerceTypes: true });
  const json = new Ajv({ ...options, coerceTypes: false });
  return ({ schema, httpPart }) => {
    let compiled: ValidateFunction | undefined;
    const check: FastifyValidationResult = (value: unknown) => {
      compiled ??= (httpPart === "body" ? json : text).compile(schema);
      const fits = compiled(value);
      check.errors = (compiled.errors ?? null) as FastifySchemaValidationError[] | null;
      return fits;
    };
    return check;
  };
}

type Violation = FastifySchemaValidationError & {
  readonly data?: unknown;
  readonly parentSchema?: { readonly properties?: object; readonly enum?: readonly unknown[] };
};

const PARTS: Readonly<Record<string, string>> = { querystring: "query", params: "path", body: "body" };

/** Says which field is wrong, what was expected, and what came, shortened. */
export function formatViolation(errors: readonly FastifySchemaValidationError[], part: string): HeadwaterError {
  const [first] = errors as readonly Violation[];
  const place = PARTS[part] ?? part;
  if (!first) return new HeadwaterError("invalid-request", `the ${place} is not of the documented form`);
  const field = first.instancePath.slice(1).replaceAll("/", ".");
  const { field: named, expected } = explain(first, field);
  const actual = first.keyword === "required" ? "nothing" : show(first);
  return new HeadwaterError("invalid-request", `${place} ${named}: expected ${expected}, got ${actual}`, {
    details: { in: place, field: named, expected, actual },
  });
}

function explain(
  { keyword, params, parentSchema, message }: Violation,
  field: string,
): { field: string; expected: string } {
  if (keyword === "required") {
    return { field: join(field, String(params["missingProperty"])), expected: "a value" };
  }
  if (keyword === "additionalProperties") {
    const known = Object.keys(parentSchema?.properties ?? {});
    const expected = known.length === 0 ? "none" : `one of ${known.join(", ")}`;
    return { field: join(field, String(params["additionalProperty"]).slice(0, 80)), expected };
  }
  if (keyword === "enum")
    return { field: field || "value", expected: `one of ${parentSchema?.enum?.join(", ") ?? ""}` };
  return { field: field || "value", expected: reword(message) };
}

/** ajv's `must be integer` as what comes after `expected`. */
function reword(message = "must be of another form"): string {
  return message
    .replace(/^must be /, "")
    .replace(/^must NOT /, "not to ")
    .replace(/^must /, "to ");
}

function join(field: string, name: string): string {
  return field === "" ? name : `${field}.${name}`;
}

function show({ keyword, data }: Violation): string {
  if (keyword === "additionalProperties") return "an unknown name";
  if (typeof data === "string") return quote(data);
  if (Array.isArray(data)) return `an array of ${data.length}`;
  if (typeof data === "object" && data !== null) return "an object";
  return data === undefined ? "nothing" : String(data);
}
