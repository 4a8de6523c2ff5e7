import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headwater-cli-"));
  await writeFile(
    join(folder, "toy.mjs"),
    `export default {
      manifest: {
        family: "toy",
        contract: "^1.0.0",
        capabilities: {},
        optionsSchema: { type: "object", properties: { mode: { type: "string" } }, additionalProperties: false },
      },
      open(chain) {
        if (chain.options.mode === "wrong") throw new Error("mode wrong does not fit this chain");
        return {};
      },
    };`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, chain: string, nodes: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `region: eu\nchains:\n  - id: toy:1\n    plugin: ./toy.mjs\n${chain}    nodes:\n${nodes}`);
  return file;
}

const nodeA = '      - { name: a, url: "https://u:s3cr3t@a.example/key", operator: op-a, region: eu }\n';
const nodeB = '      - { name: b, url: "https://b.example/key", operator: op-b, region: us }\n';

describe("headwater config check", () => {
  test("says what a valid file amounts to, without its URLs", async () => {
    const file = await write("good.yaml", "    alias: toy\n", nodeA + nodeB);
    expect(await runCli(["config", "check", file])).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        `${file} is valid`,
        `region eu, store ${folder}/data, API on 127.0.0.1:8420`,
        "ALIAS  CHAIN  NODES  OPERATORS  MUST AGREE  FROM    VERIFY",
        "toy    toy:1  2      2          2           latest  full",
        "",
      ].join("\n"),
    });
  });

  test("notes what is weaker than it looks", async () => {
    const file = await write("weak.yaml", "    index: { verify: off }\n", nodeA);
    const { code, stdout } = await runCli(["config", "check", file]);
    expect(code).toBe(0);
    expect(stdout).toContain("note: toy:1: all nodes have one operator: nobody can contradict it\n");
    expect(stdout).toContain("note: toy:1: verify is off: not all is recomputed\n");
  });

  test("shows all problems of a wrong one in one block, with code 78", async () => {
    const file = await write("bad.yaml", "    options: { mdoe: x }\n    lag: { maxSeconds: 1 }\n", nodeA);
    expect(await runCli(["config", "check", file])).toEqual({
      code: 78,
      stdout: "",
      stderr: [
        "error: config-invalid: The configuration is not valid",
        `  ${file}:5:16: chains[0].options.mdoe: unknown key: did you mean mode?`,
        `  ${file}:6:24: chains[0].lag.maxSeconds: expected a whole number from 2 to 604800 (seconds), got 1`,
        `  file: ${file}`,
        "  problems: 2",
        "  -> Mend the places above. docs/config.md describes every key.",
        "",
      ].join("\n"),
    });
  });

  test("asks the plugin itself as well", async () => {
    const file = await write("refused.yaml", "    options: { mode: wrong }\n", nodeA);
    const { code, stderr } = await runCli(["config", "check", file]);
    expect(code).toBe(78);
    expect(stderr).toContain(`${file}:1:1: chains[0]: mode wrong does not fit this chain\n`);
  });

  test("names a plugin that is not there, at its place", async () => {
    const file = await write("absent.yaml", "", nodeA);
    const text = `region: eu\nchains:\n  - id: toy:1\n    plugin: headwater-plugin-that-is-not-there\n    nodes:\n${nodeA}`;
    await writeFile(file, text);
    const { code, stderr } = await runCli(["config", "check", file]);
    expect(code).toBe(78);
    expect(stderr).toContain(`${file}:4:13: chains[0].plugin: plugin headwater-plugin-that-is-not-there: not found`);
  });

  test("shows no stack, but with HEADWATER_DEBUG=1", async () => {
    const args = ["config", "check", join(folder, "none.yaml")];
    const [plain, debug] = await Promise.all([runCli(args), runCli(args, { HEADWATER_DEBUG: "1" })]);
    expect(plain.stderr).toContain("none.yaml:1:1: expected a readable UTF-8 file, got: no such file\n");
    expect(plain.stderr).not.toMatch(/^ +at /m);
    expect(debug.stderr).toMatch(/^ +at /m);
  });

  test.each(["default.yaml", "demo.yaml", "mainnet.example.yaml"])(
    "finds config/%s valid with the plugins that are here",
    async (name) => {
      const { code, stdout, stderr } = await runCli(["config", "check", `config/${name}`]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`config/${name} is valid\n`);
    },
  );
});
