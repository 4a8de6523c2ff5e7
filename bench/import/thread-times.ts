import { readdirSync, readFileSync } from "node:fs";
import { threadId } from "node:worker_threads";

/** Clock ticks of Linux's process statistics, milliseconds. */
const TICK_MS = 10;

/**
 * Processor time that this process has used, milliseconds, by kind of thread as Linux names them: the main thread, the
 * decode threads, LevelDB's merging, libuv's pool (LevelDB's reads and writes), V8's own. Elsewhere only the sum.
 */
export function threadTimes(): Record<string, number> {
  if (process.platform !== "linux" || threadId !== 0) {
    const { user, system } = process.cpuUsage();
    return { all: (user + system) / 1000 };
  }
  const times: Record<string, number> = {};
  for (const thread of readdirSync("/proc/self/task")) {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const kind = Number(thread) === process.pid ? "main" : name;
    times[kind] = (times[kind] ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }
  return times;
}

/** What was used between two looks. */
export function timesBetween(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([kind, ms]) => [kind, ms - (before[kind] ?? 0)]));
}
