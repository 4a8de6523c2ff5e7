import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findNodePrograms } from "../../src/testing/bitcoin/node-programs.ts";

const CLI = fileURLToPath(new URL("../../src/app/cli.ts", import.meta.url));

let directory: string;
let demo: ChildProcessByStdio<null, Readable, null>;
let output = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "demo-test-"));
  demo = spawn(process.execPath, [CLI, "demo"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, DEMO_PORT: "0", TMPDIR: directory },
  });
  await untilPrinted("Ctrl-C ends the demo.");
});

afterAll(async () => {
  if (demo.exitCode === null) demo.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

test("the lines it prints to try work", async () => {
  const urls = [...output.matchAll(/^ {2}curl -s '?([^'\n]+)'?$/gm)].map((match) => match[1] as string);
  expect(urls).toHaveLength(11);
  const skipped = await fetch(urls.pop() as string);
  expect([skipped.status, await skipped.json()]).toMatchObject([404, { code: "block-skipped" }]);
  const answers = await Promise.all(urls.map(fetchOk));
  const [chain, balances, transactions, regtest, coins, utxos, pending, cluster, tokens, payments] = answers;
  expect(chain).toMatchObject({ id: "eip155:31337", alias: "demo" });
  expect(chain).toHaveProperty(
    "indexed.height",
    expect.toSatisfy((height) => height >= 200),
  );
  // The native coin and the tokens that every sender was given.
  expect(balances).toHaveProperty(
    "balances.length",
    expect.toSatisfy((length) => length >= 7),
  );
  expect(transactions).toHaveProperty("transactions.length", 3);
  expect(regtest).toMatchObject({ alias: "regtest", family: "bitcoin", capabilities: { utxos: true, pending: true } });
  expect(regtest).toHaveProperty(
    "indexed.height",
    expect.toSatisfy((height) => height >= 125),
  );
  expect(coins).toMatchObject({ balances: [{ amount: expect.stringMatching(/^[1-9]/), source: "ledger" }] });
  expect(utxos).toHaveProperty(
    "utxos.length",
    expect.toSatisfy((length) => length >= 1),
  );
  expect(pending).toHaveProperty("transactions");
  expect(cluster).toMatchObject({ alias: "cluster", family: "solana", capabilities: { tokens: true } });
  expect(cluster).toHaveProperty(
    "indexed.height",
    expect.toSatisfy((height) => height >= 63),
  );
  // SOL, and the three tokens that every wallet was given.
  expect(tokens).toMatchObject({ balances: Array(4).fill({ amount: expect.stringMatching(/^[1-9]/) }) });
  expect(payments).toHaveProperty("transactions.length", 3);
});

test("it says which nodes are real ones", () => {
  expect(output).toContain("a local cluster of Solana: operators juniper and larch");
  expect(output).toContain("It is no validator");
  const [program] = findNodePrograms().programs;
  expect(output).toContain(program ? `two nodes of Bitcoin's family (${program.version})` : "They are no real nodes");
});

test("a Ctrl-C ends it with all its nodes and leaves nothing on the disk", async () => {
  const children = await findChildren(demo.pid as number);
  const exited = once(demo, "exit");
  // Three nodes, two more where they are real ones, and the shell that watches over each.
  expect(children.length).toBeGreaterThanOrEqual(findNodePrograms().programs.length > 0 ? 10 : 6);
  demo.kill("SIGINT");
  expect(await exited).toEqual([0, null]);
  for (const pid of children) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await readdir(directory)).toEqual([]);
});

async function fetchOk(url: string): Promise<unknown> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return await response.json();
}

async function untilPrinted(text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  demo.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (output.includes(text)) resolve();
  });
  demo.once("exit", (code) => reject(new Error(`the demo ended with ${code}: ${output}`)));
  await promise;
}

/** The processes that `parent` started, from Linux's process table. */
async function findChildren(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // It may end while this looks.
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      return status.includes(`\nPPid:\t${parent}\n`) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
