import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildErrorsTable, replaceTable } from "../../../scripts/reference-tables.ts";
import {
  asHeadwaterError,
  ERROR_CODES,
  type ErrorCode,
  errorFromData,
  errorToData,
  HeadwaterError,
  IntegrityViolation,
} from "../../../src/core/errors.ts";

const root = join(import.meta.dirname, "../../..");
const paper = readFileSync(join(root, "docs/errors.md"), "utf8");
const codes = Object.keys(ERROR_CODES) as ErrorCode[];
/** Told on the command line alone: the API never answers with them, so their status means nothing. */
const COMMAND_LINE = new Set<ErrorCode>(["address-in-use", "service-unreachable"]);
const rows = new Map(
  [...paper.matchAll(/^\| `([\w-]+)` \| (\d+) \|.* \| (.+) \|$/gm)].map((row) => [row[1], row.slice(2)]),
);

describe("the codes", () => {
  it.each(codes)("docs/errors.md has %s, with its status and title", (code) => {
    const { status, title } = ERROR_CODES[code];
    expect(rows.get(code), "run `npm run build:reference`").toEqual([String(status), title]);
  });

  it("docs/errors.md names no code that there is not, and is as its script writes it", () => {
    expect([...rows.keys()]).toEqual(codes);
    expect(paper, "run `npm run build:reference`").toBe(replaceTable(paper, buildErrorsTable()));
    const mentioned = [...paper.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((match) => match[1] as string);
    expect(mentioned.filter((word) => !codes.includes(word as ErrorCode))).toEqual([]);
  });

  it.each(codes)("%s has a status that fits who is at fault", (code) => {
    const { fault, status, retry } = ERROR_CODES[code];
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(status >= 400 && status <= 599).toBe(true);
    if (COMMAND_LINE.has(code)) return;
    if (fault === "caller") expect(status < 500 || status === 501).toBe(true);
    else expect(status).toBeGreaterThanOrEqual(500);
    // Asking another node helps only where a node or its data is at fault.
    if (retry.otherNode || retry.sameNode) expect(["node", "data"]).toContain(fault);
  });

  it("no code is there for nothing: each is used in the source", () => {
    const source = globSync("src/**/*.ts", { cwd: root })
      .filter((file) => !file.endsWith(join("core", "errors.ts")))
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join("\n");
    expect(codes.filter((code) => !new RegExp(`["'\`]${code}["'\`]`).test(source))).toEqual([]);
  });
});

describe("an error", () => {
  it("takes fault, status and retry from its code", () => {
    const cause = new Error("socket");
    const error = new HeadwaterError("node-timeout", "node a: no answer in 20 s", { cause, details: { node: "a" } });
    expect(error).toMatchObject({
      name: "HeadwaterError",
      code: "node-timeout",
      fault: "node",
      status: 504,
      retry: { sameNode: false, otherNode: true },
      details: { node: "a" },
      cause,
    });
    expect("cause" in new HeadwaterError("internal", "x")).toBe(false);
  });

  it("may carry a retry of its own", () => {
    const retry = { sameNode: true, otherNode: true, afterMs: 7_000 };
    expect(new HeadwaterError("node-throttled", "slow down", { retry }).retry).toEqual(retry);
  });

  it("of a failed check names the field, what was expected and what came out", () => {
    const error = new IntegrityViolation("root", "0xaa", "0xbb", "block 7 of node a", { details: { node: "a" } });
    expect(error).toBeInstanceOf(HeadwaterError);
    expect(error.message).toBe("block 7 of node a: root is 0xbb, expected 0xaa");
    expect(error.details).toEqual({
      node: "a",
      field: "root",
      expected: "0xaa",
      actual: "0xbb",
      where: "block 7 of node a",
    });
  });

  it.each<[string, unknown, string]>([
    ["an Error", new TypeError("x is undefined"), "x is undefined"],
    ["a text", "broken", "broken"],
    ["nothing", undefined, "undefined"],
    ["an object without a form", Object.create(null), "[object without a text]"],
  ])("is made of %s", (_name, thrown, message) => {
    const error = asHeadwaterError(thrown);
    expect([error.code, error.message, error.cause]).toEqual(["internal", message, thrown]);
  });

  it("that is one already stays as it is", () => {
    const error = new HeadwaterError("stale", "old");
    expect(asHeadwaterError(error)).toBe(error);
  });

  it("crosses a thread with all that it tells", () => {
    const error = new IntegrityViolation("root", "1", "2", "block 7", { retry: { sameNode: true, otherNode: false } });
    const crossed = errorFromData(structuredClone(errorToData(error)));
    for (const key of ["code", "message", "retry", "details", "stack", "status", "fault"] as const) {
      expect(crossed[key]).toEqual(error[key]);
    }
    expect(errorToData("broken")).toMatchObject({ code: "internal", message: "broken" });
    const bare = { code: "stale", message: "old", retry: error.retry, details: {} } as const;
    expect(errorFromData(bare).message).toBe("old");
  });
});
