import { pino, stdSerializers, stdTimeFunctions } from "pino";
import type { Logger } from "../core/contracts/logger.ts";
import { formatReadableLine } from "./readable-line.ts";
import { redactUrl } from "./redact-url.ts";

/** What is logged: this level and those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where lines go. */
export interface LogStream {
  write(text: string): unknown;
  /** Whether a person reads it. */
  readonly isTTY?: boolean;
}

export type LoggerOptions = {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Default: the standard output. */
  readonly stream?: LogStream;
};

/**
 * A logger that writes one JSON object a line, with `level`, `time` (ISO 8601 UTC) and `msg`; on a terminal, lines for
 * people instead. Every URL in a line is cut to its origin on the way out, whoever logged it and in whichever field.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const stream = options.stream ?? process.stdout;
  const format = stream.isTTY ? formatReadableLine : (line: string) => line;
  return pino(
    {
      level: options.level ?? "info",
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
    },
    { write: (line: string) => void stream.write(format(redactUrl(line))) },
  );
}
