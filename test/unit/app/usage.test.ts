import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

test("help and version are no errors", async () => {
  const [help, version] = await Promise.all([runCli(["--help"]), runCli(["--version"])]);
  expect([help.code, help.stderr]).toEqual([0, ""]);
  for (const command of ["start", "demo", "config", "status", "nodes", "verify"]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  }
  expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each([
  [[], "Usage: headwater"],
  [["frobnicate"], "error: unknown command 'frobnicate'"],
  [["start"], "error: required option '--config <file>' not specified"],
  [["start", "--config", "x", "--log-level", "loud"], "Allowed choices are debug, info, warn, error, silent."],
  [["status", "--frob"], "error: unknown option '--frob'"],
  [["status", "--url", "ftp://x"], "Expected an http:// or https:// URL."],
  [["config"], "Usage: headwater config"],
  [["config", "check"], "error: missing required argument 'file'"],
])("%j is a wrong usage", async (args, text) => {
  const { code, stdout, stderr } = await runCli(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(text);
});
