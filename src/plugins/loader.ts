import { pathToFileURL } from "node:url";
// The two functions alone: the whole package would be a twentieth of the modules that are loaded before the first block.
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";
import { type ChainPlugin, PLUGIN_CONTRACT_VERSION } from "../core/contracts/plugin.ts";
import { HeadwaterError } from "../core/errors.ts";

/** The families that come with Headwater, by the name that `chains[].plugin` uses. */
const BUILT_IN = ["bitcoin", "evm", "solana"] as const;

export type LoadedPlugin = {
  readonly plugin: ChainPlugin;
  /** The module's URL, from which a worker thread loads the same plugin. */
  readonly url: string;
};

/**
 * Loads a plugin by built-in name, package name or path (relative to the working directory), and checks its manifest
 * before anything of it runs.
 *
 * @throws HeadwaterError `plugin-invalid`
 */
export async function loadPlugin(name: string): Promise<LoadedPlugin> {
  const url = resolvePlugin(name);
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as { readonly default?: unknown };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeadwaterError("plugin-invalid", `plugin ${name}: its module cannot be loaded: ${why}`, { cause });
  }
  return { plugin: checkPlugin(name, module.default), url };
}

function resolvePlugin(name: string): string {
  if ((BUILT_IN as readonly string[]).includes(name)) {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    return new URL(`./${name}/index.${extension}`, import.meta.url).href;
  }
  if (/^\.{0,2}\//.test(name)) return pathToFileURL(name).href;
  try {
    return import.meta.resolve(name);
  } catch (cause) {
    throw new HeadwaterError(
      "plugin-invalid",
      `plugin ${name}: not found; expected a built-in name (${BUILT_IN.join(", ")}), an installed package, or a path that starts with ./, ../ or /`,
      { cause },
    );
  }
}

function checkPlugin(name: string, candidate: unknown): ChainPlugin {
  const plugin = candidate as Partial<ChainPlugin> | undefined;
  const manifest = plugin?.manifest;
  const fail = (expected: string): never => {
    throw new HeadwaterError("plugin-invalid", `plugin ${name}: expected ${expected}`);
  };
  if (!manifest || typeof plugin?.open !== "function") return fail("a default export with a manifest and open()");
  if (typeof manifest.family !== "string" || manifest.family === "") fail("manifest.family to be a text");
  if (typeof manifest.optionsSchema !== "object") fail("manifest.optionsSchema to be a schema");
  if (typeof manifest.capabilities !== "object") fail("manifest.capabilities to be an object");
  if (validRange(manifest.contract) === null) fail("manifest.contract to be a semver range");
  if (!satisfies(PLUGIN_CONTRACT_VERSION, manifest.contract)) {
    fail(`a plugin for contract ${PLUGIN_CONTRACT_VERSION}; this one is for ${manifest.contract}`);
  }
  return plugin as ChainPlugin;
}
