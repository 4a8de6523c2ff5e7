import type { Environment } from "../config/environment.ts";
import type { HeadwaterConfig } from "../config/headwater-config.ts";
import { loadConfig } from "../config/load.ts";
import { loadPlugin } from "../plugins/loader.ts";

/**
 * Loads a configuration with the plugins as they are installed here.
 * @throws ConfigError (code `config-invalid`) with every problem at once, plugins that cannot be loaded among them
 */
export function loadServiceConfig(file: string, env: Environment = process.env): Promise<HeadwaterConfig> {
  return loadConfig(file, env, {
    optionsSchemaOf: async (name) => (await loadPlugin(name)).plugin.manifest.optionsSchema,
  });
}
