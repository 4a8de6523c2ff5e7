import { asHeadwaterError, ERROR_CODES, type ErrorCode } from "../core/errors.ts";
import { redactUrl } from "../telemetry/redact-url.ts";
import { showControls } from "../telemetry/show-controls.ts";

/** What a person at the terminal can do about it. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  "config-invalid": "Mend the places above. docs/config.md describes every key.",
  "plugin-invalid": "Check chains[].plugin in the configuration, and that the plugin is installed.",
  "address-in-use": "Stop the other process, or set another api.port.",
  "service-unreachable": "Check that the service runs, and name its address by --url or HEADWATER_URL.",
  "store-locked": "Stop the other process that uses this store, or set another store.path.",
  "store-incompatible": "Use the settings that the store was written with, or an empty store.path.",
  "store-corrupt": "Run headwater verify to see how far the damage goes. An empty store.path starts a new index.",
  "store-failure": "Check that store.path exists, can be written, and that the disk is not full.",
  internal: "This is a fault in Headwater. Set HEADWATER_DEBUG=1 to see where it arose, and report it.",
};

/**
 * An error for the terminal: code and title, what happened, the details, what to do. With `stack`, also where it arose.
 * URLs are cut to their origin.
 */
export function formatErrorBlock(error: unknown, stack: boolean): string {
  const known = asHeadwaterError(error);
  const { code, message, details } = known;
  const lines = [`error: ${code}: ${ERROR_CODES[code].title}`];
  for (const line of message.split("\n")) lines.push(`  ${line}`);
  for (const [key, value] of Object.entries(details)) lines.push(`  ${key}: ${formatDetail(value)}`);
  const advice = ADVICE[code];
  if (advice !== undefined) lines.push(`  -> ${advice}`);
  if (stack) lines.push(...formatStacks(known));
  return `${lines.map((line) => showControls(redactUrl(line))).join("\n")}\n`;
}

function formatDetail(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function formatStacks(error: Error): string[] {
  const lines: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; cause instanceof Error && depth < 8; depth++) {
    lines.push(...(cause.stack ?? String(cause)).split("\n").map((line) => `    ${line.trim()}`));
    cause = cause.cause;
  }
  return lines;
}
