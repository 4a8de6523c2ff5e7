import { DECLARED_METRICS } from "../src/app/declared-metrics.ts";
import { ERROR_CODES, type Fault, type Retry } from "../src/core/errors.ts";
import { LIMITS } from "../src/core/limits.ts";

/** The unit of a limit by the last word of its name. Longer endings come before those that they end with. */
const UNITS: readonly (readonly [ending: string, unit: string])[] = [
  ["Ms", "milliseconds"],
  ["Bytes", "bytes"],
  ["RowsDefault", "rows"],
  ["QueueLength", "requests"],
  ["InFlight", "requests"],
  ["Concurrency", "requests"],
  ["reorgDepth", "blocks"],
  ["Depth", "levels"],
  ["PerChain", "nodes"],
  ["reconciliationBatch", "balances"],
  ["reconciliationPairs", "balances"],
];

/** The unit of a limit, in words. A name with none of the known endings has its unit as its last word. */
export function unitOf(name: string): string {
  const known = UNITS.find(([ending]) => name.endsWith(ending));
  if (known) return known[1];
  const last = /[A-Z]?[a-z]+$/.exec(name)?.[0].toLowerCase();
  if (!last?.endsWith("s")) throw new Error(`limit ${name}: its name does not end with its unit, in the plural`);
  return last;
}

/**
 * The comment above each limit in the text of src/core/limits.ts, by the limit's name. A limit without one of its own
 * stands below one that speaks for both.
 */
export function readReasons(source: string): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  let reason = "";
  for (const [, comment, name] of source.matchAll(/^ {2}(?:\/\*\*(.*?)\*\/|(\w+):)/gms)) {
    if (comment !== undefined) reason = comment.replace(/\s*\n\s*\*?\s*/g, " ").trim();
    else if (name !== undefined) reasons.set(name, reason);
  }
  return reasons;
}

/** The table of docs/limits.md: every cap with its value, unit and reason, in the order of the source. */
export function buildLimitsTable(source: string): string {
  const reasons = readReasons(source);
  const rows = Object.entries(LIMITS).map(([name, value]) => {
    const reason = reasons.get(name);
    if (!reason) throw new Error(`limit ${name}: no comment says why it is what it is`);
    return [`\`${name}\``, value.toLocaleString("en"), unitOf(name), reason];
  });
  return buildTable(["limit", "value", "unit", "what it bounds, and why"], rows);
}

const FAULTS: Readonly<Record<Fault, string>> = {
  caller: "caller",
  node: "node",
  data: "data",
  store: "store",
  internal: "Headwater",
};

function nameRetry({ sameNode, otherNode, afterMs }: Retry): string {
  const where = sameNode && otherNode ? "same or other node" : otherNode ? "other node" : sameNode ? "same node" : "";
  const when = afterMs === undefined ? "" : `after ${afterMs / 1000} s`;
  return [where, when].filter(Boolean).join(", ") || "no";
}

/** The table of docs/errors.md: every code, in the order of the source. */
export function buildErrorsTable(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { status, fault, retry, title }]) => [
    `\`${code}\``,
    String(status),
    FAULTS[fault],
    nameRetry(retry),
    title,
  ]);
  return buildTable(["code", "status", "at fault", "worth another try", "what it says"], rows);
}

/** The table of docs/metrics.md: every metric as its room declares it. */
export function buildMetricsTable(): string {
  const rows = DECLARED_METRICS.map(({ name, type, unit, labels, help }) => [
    `\`${name}\``,
    type,
    unit,
    labels.map((label) => `\`${label}\``).join(" "),
    help,
  ]);
  return buildTable(["metric", "type", "unit", "labels", "what it says"], rows);
}

function buildTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const START = "<!-- table: written by scripts/build-reference.ts -->";
const END = "<!-- end of table -->";

/** The paper with its table replaced. The table stands between two marks. */
export function replaceTable(paper: string, table: string): string {
  const [start, end] = [paper.indexOf(START), paper.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`the paper lacks the marks ${START} and ${END}`);
  return `${paper.slice(0, start + START.length)}\n${table}\n${paper.slice(end)}`;
}
