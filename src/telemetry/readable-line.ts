import { showControls } from "./show-controls.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Keys that are placed by themselves, not among the fields. */
const PLACED = new Set(["level", "time", "msg", "stack"]);

/**
 * One JSON log line as a line for people: `12:03:04.123 WARN  message  chain=… node=…`, and below it a stack where there
 * is one. A line that is not a JSON object comes back as it is. Control characters are shown, never sent: a node's text
 * must not drive the terminal.
 */
export function formatReadableLine(line: string): string {
  const fields = parseFields(line);
  if (!fields) return line;
  const time = typeof fields["time"] === "string" ? fields["time"].slice(11, 23) : "";
  const level = String(fields["level"]).toUpperCase().padEnd(5);
  const rest = Object.entries(fields)
    .filter(([key]) => !PLACED.has(key))
    .map(([key, value]) => ` ${key}=${showControls(formatValue(value))}`)
    .join("");
  const head = `${time} ${level} ${showControls(String(fields["msg"] ?? ""))}${rest === "" ? "" : ` ${rest}`}`;
  const stack = fields["stack"];
  const trace =
    typeof stack === "string" ? stack.split("\n").map((frame) => `\n    ${showControls(frame.trim())}`) : [];
  return `${head}${trace.join("")}\n`;
}

function parseFields(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function formatValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "undefined";
  return value === "" || /[\s"=]/.test(value) ? JSON.stringify(value) : value;
}
