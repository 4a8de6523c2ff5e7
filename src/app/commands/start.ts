import { Command, Option } from "commander";
import { createLogger, LOG_LEVELS, type LogLevel } from "../../telemetry/logger.ts";
import { Interruption, runUntilInterrupted } from "../interruption.ts";
import { loadServiceConfig } from "../load-service-config.ts";

/** `headwater start`: the service, until a signal ends it. */
export function startCommand(): Command {
  return new Command("start")
    .description("start the service and run it until SIGINT or SIGTERM")
    .requiredOption("--config <file>", "the configuration (docs/config.md)")
    .addOption(new Option("--log-level <level>", "what to log").choices(LOG_LEVELS).default("info"))
    .action(async (options: { config: string; logLevel: LogLevel }) => {
      using interruption = new Interruption();
      const config = await loadServiceConfig(options.config);
      const { startService } = await import("../start.ts");
      const service = await startService(config, { logger: createLogger({ level: options.logLevel }) });
      await runUntilInterrupted(service, interruption.signal);
    });
}
