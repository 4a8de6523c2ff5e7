import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../scripts/check-direction.mjs");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "headwater-direction-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function check(): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const CORE = "src/core/model.ts";
const rooms = ["sync", "store", "plugins", "api", "replica", "config", "telemetry", "testing"];

describe("the check of the direction between folders", () => {
  it("passes the directions that the design allows", () => {
    write({
      [CORE]: 'import { createHash } from "node:crypto";\nexport const hash = createHash;\nexport type A = string;\n',
      ...Object.fromEntries(
        rooms.map((room) => [
          `src/${room}/x.ts`,
          'import type { A } from "../core/model.ts";\nexport const x: A = "";\n',
        ]),
      ),
      "src/plugins/json-rpc/call.ts": "export const call = 1;\n",
      "src/plugins/evm/node.ts": 'export { call } from "../json-rpc/call.ts";\n',
      "src/app/main.ts": rooms.map((room) => `export * as ${room} from "../${room}/x.ts";\n`).join(""),
    });
    expect(check()).toEqual({
      status: 0,
      stdout: `direction: ${rooms.length + 4} files, ${rooms.length + 5} modules cruised, 0 violations\n`,
      stderr: "",
    });
  });

  const pairs = rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => [from, to] as const));

  it("names every import between two rooms, types alone included", () => {
    write({
      ...Object.fromEntries(rooms.map((room) => [`src/${room}/x.ts`, "export type X = 1;\n"])),
      ...Object.fromEntries(
        pairs.map(([from, to]) => [`src/${from}/to-${to}.ts`, `export type { X } from "../${to}/x.ts";\n`]),
      ),
    });
    const { status, stderr } = check();
    expect(status).toBe(1);
    const missed = pairs.filter(([from, to]) => !stderr.includes(`src/${from}/to-${to}.ts → src/${to}/x.ts`));
    expect(missed).toEqual([]);
  });

  const violations: readonly (readonly [rule: string, file: string, text: string])[] = [
    ["core-enters-only-itself", "src/core/a.ts", 'import "../sync/x.ts";'],
    ["core-has-no-io", "src/core/b.ts", 'import "node:fs";'],
    ["core-needs-no-package", "src/core/c.ts", 'import "semver";'],
    ["core-takes-only-types-of-typebox", "src/core/d.ts", 'import { Type } from "typebox";\nexport const t = Type;'],
    ["sync-enters-only-core", "src/sync/a.ts", 'export const load = () => import("../store/x.ts");'],
    ["sync-enters-only-core", "src/sync/b.ts", 'import "../app/x.ts";'],
    ["families-do-not-know-each-other", "src/plugins/evm/a.ts", 'import "../bitcoin/x.ts";'],
    ["families-do-not-know-each-other", "src/plugins/json-rpc/a.ts", 'import "../bitcoin/x.ts";'],
    ["ethers-only-in-its-room", "src/sync/c.ts", 'import "ethers";'],
    ["ethers-only-in-its-room", "src/app/a.ts", 'import type { Wallet } from "ethers";\nexport type W = Wallet;'],
    ["ethers-only-in-its-room", "src/plugins/bitcoin/a.ts", 'import "ethers";'],
    ["secp256k1-only-in-its-room", "src/core/e.ts", 'import "secp256k1";'],
    ["level-only-in-its-room", "src/store/memory/a.ts", 'import "level";'],
    ["fastify-only-in-its-room", "src/app/b.ts", 'import "fastify";'],
    ["fastify-only-in-its-room", "src/app/c.ts", 'import "@fastify/swagger";'],
    ["libp2p-only-in-its-room", "src/sync/d.ts", 'import "libp2p";'],
    ["bitcoinjs-only-in-its-room", "src/plugins/evm/b.ts", 'import "bitcoinjs-lib";'],
    ["solana-web3-only-in-its-room", "src/plugins/evm/c.ts", 'import "@solana/web3.js";'],
    ["sodium-only-in-its-room", "src/core/f.ts", 'import "sodium-native";'],
    ["src-stands-alone", "src/app/d.ts", 'import "../../test/x.ts";'],
    ["src-stands-alone", "src/testing/a.ts", 'import "../../bench/x.ts";'],
    ["every-file-has-a-room", "src/common/a.ts", "export const a = 1;"],
    ["no-cycles", "src/api/one.ts", 'import "./two.ts";'],
    ["everything-resolves", "src/api/f.ts", 'import "./absent.ts";'],
  ];

  it("names each kind of forbidden import", () => {
    const x = "export const x = 1;\n";
    write({
      "src/sync/x.ts": x,
      "src/store/x.ts": x,
      "src/app/x.ts": x,
      "src/plugins/bitcoin/x.ts": x,
      "test/x.ts": x,
      "bench/x.ts": x,
      "src/api/two.ts": 'import "./one.ts";\n',
      ...Object.fromEntries(violations.map(([, file, text]) => [file, `${text}\n`])),
    });
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(violations.filter(([rule, file]) => !stderr.includes(`${rule}: ${file}`))).toEqual([]);
  });

  it("fails when there is nothing to look at", () => {
    mkdirSync(join(root, "src"));
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain("there is no source file");
  });
});
