import { Type } from "typebox";
import { checkSchema } from "../config/check-schema.ts";
import { readText } from "../config/load.ts";
import { findNearMiss } from "../config/near-miss.ts";
import { ConfigError } from "../config/problem.ts";
import { schemaNode } from "../config/schema.ts";
import { YamlSource } from "../config/yaml-source.ts";
import { FAULT_SCHEMAS, type FaultKind, type FaultScript } from "../testing/faulty-node/fault-script.ts";

const KINDS = Object.keys(FAULT_SCHEMAS);

const scriptSchema = Type.Object(
  {
    seed: Type.Integer({
      minimum: 0,
      maximum: 0xffffffff,
      default: 1,
      description: "The same seed gives the same faults.",
    }),
    faults: Type.Array(Type.Object({ kind: Type.String() }), { maxItems: 1000 }),
  },
  { additionalProperties: false },
);

/**
 * Reads a faulty node's script, YAML or JSON.
 * @throws ConfigError (code `config-invalid`) with every problem at once: file, line, column, path
 */
export async function loadFaultScript(file: string): Promise<FaultScript> {
  return parseFaultScript(await readText(file), file);
}

/** @param file where the text comes from, for the problems */
export function parseFaultScript(text: string, file: string): FaultScript {
  const source = new YamlSource(text, {});
  if (source.value === undefined || source.value === null) {
    if (source.problems.length === 0) source.add("", "expected seed and faults, got nothing");
    throw new ConfigError(file, source.problems);
  }
  checkSchema(source, schemaNode(scriptSchema), source.value, "");
  const { faults } = source.value as { readonly faults?: unknown };
  if (Array.isArray(faults)) for (const [i, fault] of faults.entries()) checkFault(source, fault, `/faults/${i}`);
  if (source.problems.length > 0) throw new ConfigError(file, source.problems);
  return source.value as FaultScript;
}

/** Each fault is held against the schema of its own kind, so that the problem names the key and not all the kinds. */
function checkFault(source: YamlSource, fault: unknown, at: string): void {
  const kind = (fault as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind === "string" && Object.hasOwn(FAULT_SCHEMAS, kind)) {
    checkSchema(source, schemaNode(FAULT_SCHEMAS[kind as FaultKind]), fault, at);
    const { fromSeconds = 0, untilSeconds = Number.POSITIVE_INFINITY } = windowOf(fault);
    if (fromSeconds >= untilSeconds) source.add(`${at}/when/untilSeconds`, "expected a time after fromSeconds");
    return;
  }
  // What has no kind, or one that is no text, is among the problems already.
  if (typeof kind !== "string") return;
  const meant = findNearMiss(kind, KINDS);
  const hint = meant === undefined ? `expected one of ${KINDS.join(", ")}` : `did you mean ${meant}?`;
  source.add(`${at}/kind`, `unknown kind: ${hint}`);
}

function windowOf(fault: unknown): { readonly fromSeconds?: number; readonly untilSeconds?: number } {
  const { when } = fault as { readonly when?: unknown };
  return typeof when === "object" && when !== null ? when : {};
}
