// Ponder, installed on demand into a git-ignored folder of its own, with its fastest set-up: PGlite, no logs.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PONDER_FILES, PONDER_VERSION } from "./ponder-app.ts";
import { type BackfillTask, readTask, report } from "./task.ts";

const folder = new URL("../.peers/ponder/", import.meta.url);

/** Writes the application and installs what it needs, once. Uses the npm registry. */
export function installPonder(): void {
  const installed = new URL("node_modules/ponder/package.json", folder);
  const isCurrent = existsSync(installed) && JSON.parse(readFileSync(installed, "utf8")).version === PONDER_VERSION;
  for (const [path, text] of Object.entries(PONDER_FILES)) {
    const file = fileURLToPath(new URL(path, folder));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (isCurrent) return;
  console.error(`installing ponder ${PONDER_VERSION} into bench/.peers/ponder …`);
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", flags, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`npm install ended with ${status}`);
}

/** What the application reads: without `head` it goes on with the chain, over `ws` where given. */
export type PonderTask = Pick<BackfillTask, "url" | "chainId" | "directory" | "tokens"> & {
  readonly head?: number;
  readonly ws?: string;
};

/** Starts the installed application. It listens some time later. */
export async function spawnPonder(task: PonderTask): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const port = await findFreePort();
  const program = fileURLToPath(new URL("node_modules/ponder/dist/esm/bin/ponder.js", folder));
  const child = spawn(
    process.execPath,
    [program, "--log-level", "error", "start", "--port", String(port), "--schema", "bench"],
    {
      cwd: folder,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, BENCH_TASK: JSON.stringify(task), PONDER_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    },
  );
  return { child, url: `http://127.0.0.1:${port}` };
}

async function run(task: BackfillTask): Promise<void> {
  const startedAt = performance.now();
  const { child, url } = await spawnPonder(task);
  try {
    await untilIndexed(child, url, task.head);
    const workMs = performance.now() - startedAt;
    const { count } = (await (await fetch(`${url}/count`)).json()) as { count: number };
    if (Number(count) !== task.transfers) throw new Error(`indexed ${count} of ${task.transfers} transfers`);
    report({ workMs, note: `${count} transfers, their balances in a process of its own` });
  } finally {
    const gone = once(child, "exit");
    if (child.exitCode === null && child.kill("SIGKILL")) await gone;
  }
}

async function untilIndexed(child: ChildProcess, url: string, head: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ponder ended with ${child.exitCode}`);
    const status = await readStatus(url);
    const heights = Object.values(status).map(({ block }) => block?.number ?? -1);
    if (heights.length > 0 && heights.every((height) => height >= head)) return;
    await sleep(50);
  }
}

async function readStatus(url: string): Promise<Record<string, { block?: { number: number } | null }>> {
  try {
    const [ready, status] = await Promise.all([fetch(`${url}/ready`), fetch(`${url}/status`)]);
    await ready.arrayBuffer();
    const answer = await status.json();
    return ready.ok && status.ok ? (answer as Record<string, { block?: { number: number } | null }>) : {};
  } catch {
    // Not listening yet.
    return {};
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(readTask());
