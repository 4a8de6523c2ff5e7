import { asHeadwaterError, type ErrorCode } from "../core/errors.ts";

/** What the command line answers with (docs/cli.md). 75 and 78 are EX_TEMPFAIL and EX_CONFIG of sysexits.h. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** Trying again later may help: another process holds the store or the port, or the service does not answer. */
  temporary: 75,
  config: 78,
  /** 128 + SIGINT: ended by a second signal, before all was closed. */
  interrupted: 130,
} as const;

const TEMPORARY: ReadonlySet<ErrorCode> = new Set([
  "store-locked",
  "address-in-use",
  "service-unreachable",
  "not-ready",
]);
const CONFIG: ReadonlySet<ErrorCode> = new Set(["config-invalid", "plugin-invalid"]);

export function exitCodeOf(error: unknown): number {
  const { code } = asHeadwaterError(error);
  if (CONFIG.has(code)) return EXIT.config;
  return TEMPORARY.has(code) ? EXIT.temporary : EXIT.failure;
}
