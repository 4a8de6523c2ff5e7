import { open } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { checkSchema } from "./check-schema.ts";
import { crossCheck, type Draft } from "./cross-checks.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Environment } from "./environment.ts";
import type { HeadwaterConfig } from "./headwater-config.ts";
import { splitPointer } from "./pointer.ts";
import { ConfigError } from "./problem.ts";
import { type ConfigSchema, configSchema, schemaNode } from "./schema.ts";
import { YamlSource } from "./yaml-source.ts";

export type LoadOptions = {
  /**
   * The options schema of a plugin, by the plugin's name as configured (paths are absolute by then). Undefined, or a
   * HeadwaterError, when there is no such plugin: that is reported at `chains[].plugin`.
   */
  readonly optionsSchemaOf: (plugin: string) => TSchema | undefined | Promise<TSchema | undefined>;
};

/**
 * Reads a configuration file. Paths in it are relative to the file's directory, so that the store is the same one from
 * whichever directory the service is started.
 * @throws ConfigError (code `config-invalid`) with every problem at once
 */
export async function loadConfig(file: string, env: Environment, options: LoadOptions): Promise<HeadwaterConfig> {
  return parseConfig(await readText(file), file, env, options);
}

/**
 * Parses, checks, completes and freezes a configuration.
 * @param file where the text comes from: named in problems, and its directory is what paths are relative to
 * @throws ConfigError (code `config-invalid`) with every problem at once
 */
export async function parseConfig(
  text: string,
  file: string,
  env: Environment,
  options: LoadOptions,
): Promise<HeadwaterConfig> {
  const source = new YamlSource(text, env);
  if (source.value === undefined) throw new ConfigError(file, source.problems);
  checkSchema(source, schemaNode(configSchema), source.value, "");
  const base = dirname(resolve(file));
  await checkOptions(source, base, options);
  crossCheck(source, toDraft(source));
  if (source.problems.length > 0) throw new ConfigError(file, source.problems);
  if (!Value.Check(configSchema, source.value)) {
    throw new HeadwaterError("internal", "two checkers of the configuration disagree");
  }
  return deepFreeze(complete(source.value, base));
}

/** The text of a file that people write. @throws ConfigError when it cannot be read, is too large, or not UTF-8 */
export async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > LIMITS.configBytes) {
      const message = `expected a file of at most ${LIMITS.configBytes} bytes, got ${size}`;
      throw new ConfigError(file, [{ line: 1, column: 1, path: "", message }]);
    }
    const bytes = await handle.readFile();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof HeadwaterError) throw error;
    const message = `expected a readable UTF-8 file, got: ${describeReadFault(error)}`;
    throw new ConfigError(file, [{ line: 1, column: 1, path: "", message }]);
  }
}

function describeReadFault(error: unknown): string {
  if (error instanceof TypeError) return "bytes that are not UTF-8";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return "no such file";
  return code === "" ? "an unreadable file" : code;
}

// The options are completed in place, so this works on the source's own value and not on a draft of it.
async function checkOptions(source: YamlSource, base: string, { optionsSchemaOf }: LoadOptions): Promise<void> {
  for (const [index, chain] of entriesOf(memberOf(source.value, "chains"))) {
    const at = `/chains/${index}`;
    const plugin = memberOf(chain, "plugin");
    if (typeof plugin !== "string" || source.broken.has(`${at}/plugin`)) continue;
    const options = memberOf(chain, "options");
    try {
      const schema = await optionsSchemaOf(resolvePlugin(plugin, base));
      if (schema === undefined) source.add(`${at}/plugin`, "expected a plugin that is here, got an unknown one");
      else if (!source.broken.has(`${at}/options`)) {
        checkSchema(source, schemaNode(schema), options, `${at}/options`, true);
      }
    } catch (error) {
      const message = error instanceof HeadwaterError ? error.message : "expected a plugin that keeps the contract";
      source.add(`${at}/plugin`, message);
    }
  }
}

function memberOf(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function entriesOf(value: unknown): Iterable<[number, unknown]> {
  return Array.isArray(value) ? value.entries() : [];
}

/** The value without its broken parts, so that a check never stumbles over what another has already reported. */
function toDraft(source: YamlSource): Draft {
  if (source.broken.has("") || !isRecord(source.value)) return {};
  const draft = structuredClone(source.value);
  for (const pointer of source.broken) {
    const keys = splitPointer(pointer);
    const last = keys.pop();
    let holder: unknown = draft;
    for (const key of keys) holder = isRecord(holder) ? holder[key] : undefined;
    if (last !== undefined && isRecord(holder)) holder[last] = undefined;
  }
  return draft as Draft;
}

function complete(config: Static<ConfigSchema>, base: string): HeadwaterConfig {
  return {
    ...config,
    store: { ...config.store, path: resolve(base, config.store.path) },
    chains: config.chains.map((chain) => ({
      ...chain,
      plugin: resolvePlugin(chain.plugin, base),
      agreement: {
        ...chain.agreement,
        operators: chain.agreement.operators ?? majority(chain.nodes.map(({ operator }) => operator)),
      },
    })),
  };
}

function majority(operators: readonly string[]): number {
  return Math.floor(new Set(operators).size / 2) + 1;
}

function resolvePlugin(plugin: string, base: string): string {
  return /^\.\.?\//.test(plugin) || isAbsolute(plugin) ? resolve(base, plugin) : plugin;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
