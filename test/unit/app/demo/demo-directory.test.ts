import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDemoDirectory } from "../../../../src/app/demo/demo-directory.ts";

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "demo-directory-test-"));
});

afterEach(async () => {
  await rm(parent, { recursive: true });
});

test("what a killed demo left is removed, what a running one uses and what is not a demo's is kept", async () => {
  const ended = spawn(process.execPath, ["--eval", ""]);
  await once(ended, "exit");
  const running = `headwater-demo-${process.pid}-other`;
  for (const name of [`headwater-demo-${ended.pid}-left`, running, "headwater-demo-notes", "something"]) {
    await mkdir(join(parent, name, "inner"), { recursive: true });
  }
  const made = await makeDemoDirectory(parent);
  expect((await readdir(parent)).sort()).toEqual([basename(made), running, "headwater-demo-notes", "something"].sort());
});

test("each call makes another empty directory", async () => {
  const [one, two] = [await makeDemoDirectory(parent), await makeDemoDirectory(parent)];
  expect(one).not.toBe(two);
  expect(await readdir(one)).toEqual([]);
});
