import { Type } from "typebox";
import type { HeadwaterConfig } from "../../../src/config/headwater-config.ts";
import { parseConfig } from "../../../src/config/load.ts";
import { ConfigError } from "../../../src/config/problem.ts";

const optionsSchema = Type.Object(
  {
    trace: Type.Union([Type.Literal("auto"), Type.Literal("call"), Type.Literal("off")], { default: "auto" }),
    depth: Type.Optional(Type.Integer({ minimum: 1 })),
    deep: Type.Optional(Type.Object({ key: Type.String({ pattern: "^k" }) }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);

/** A plugin named `toy` is there, and no other. */
export const loadOptions = { optionsSchemaOf: (plugin: string) => (plugin === "toy" ? optionsSchema : undefined) };

export function parse(text: string, env: Record<string, string> = {}): Promise<HeadwaterConfig> {
  return parseConfig(text, "/srv/headwater/test.yaml", env, loadOptions);
}

/** The problems of a text, each as `line:column path: message`; fails when there are none. */
export async function problemsOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  try {
    await parse(text, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
  throw new Error("expected problems, got a valid configuration");
}

/** A valid configuration of one chain and one node; the tests put their lines into it. */
export function configText(parts: { top?: string; chain?: string; nodes?: string } = {}): string {
  const node = `      - { name: a, url: "https://a.example/key", operator: op-a, region: eu }\n`;
  return `region: eu\n${parts.top ?? ""}chains:\n  - id: toy:1\n    plugin: toy\n${parts.chain ?? ""}    nodes:\n${parts.nodes ?? node}`;
}
