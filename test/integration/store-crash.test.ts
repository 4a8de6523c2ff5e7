import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { openLevelStore } from "../../src/store/level/open.ts";

const CRASHES = 10;
const child = new URL("store-crash-child.ts", import.meta.url).pathname;

type Reached = { readonly sequence: number; readonly digest: string; readonly height: number };

/** Lets the child write until it has printed `lines` positions, and kills it `afterMicroseconds` later. */
async function writeAndKill(path: string, lines: number, afterMicroseconds: number): Promise<Reached[]> {
  const writer = spawn(process.execPath, [child, path], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(writer, "exit");
  const printed: Reached[] = [];
  for await (const line of createInterface(writer.stdout)) {
    printed.push(JSON.parse(line));
    if (printed.length !== lines) continue;
    const until = performance.now() + afterMicroseconds / 1000;
    while (performance.now() < until);
    writer.kill("SIGKILL");
  }
  const [, signal] = await exited;
  expect(signal).toBe("SIGKILL");
  return printed;
}

test("kill -9 at any moment loses no position that was reported, and leaves no fault", {
  timeout: 300_000,
}, async () => {
  const path = await mkdtemp(join(tmpdir(), "headwater-crash-"));
  let seed = 20_260_101;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  try {
    let sequence = 0;
    for (let crash = 0; crash < CRASHES; crash++) {
      const printed = await writeAndKill(path, 1 + random(6), random(12_000));
      const last = printed.at(-1) as Reached;
      expect(last.sequence).toBeGreaterThan(sequence);
      const store = await openLevelStore(path);
      const ledger = await store.openChain({ chain: "test:crash", profile: "p", startHeight: 0 });
      sequence = ledger.position?.sequence ?? 0;
      expect(sequence).toBeGreaterThanOrEqual(last.sequence);
      // The journal shows every position that was printed, with the digest it was printed with.
      for (const { sequence: at, digest } of printed) expect((await store.events(at - 1, 1))[0]?.digest).toBe(digest);
      const report = await store.verify();
      expect(report.faults, `crash ${crash}`).toEqual([]);
      expect(report.journalEntries).toBe(sequence);
      await store.close();
    }
  } finally {
    await rm(path, { recursive: true });
  }
});
