import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { createLogger, type LogLevel } from "../../../src/telemetry/logger.ts";
import { formatReadableLine } from "../../../src/telemetry/readable-line.ts";

function collect(level?: LogLevel, isTTY = false) {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) };
  return { lines, logger: createLogger({ stream, ...(level && { level }) }) };
}

describe("createLogger", () => {
  test("writes one JSON object a line", () => {
    const { lines, logger } = collect();
    logger.info({ chain: "toy:1", height: 5 }, "indexed");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith("\n")).toBe(true);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      chain: "toy:1",
      height: 5,
      msg: "indexed",
    });
  });

  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    [undefined, ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["silent", []],
  ] as const)("at level %s writes %j", (level, expected) => {
    const { lines, logger } = collect(level);
    for (const method of ["debug", "info", "warn", "error"] as const) logger[method]({}, "said");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected);
  });

  test("cuts URLs wherever they stand: message, field, error, cause", () => {
    const url = "https://user:s3cr3t@node.example/v3/s3cr3t";
    const { lines, logger } = collect();
    const error = new HeadwaterError("node-unreachable", `no answer from ${url}`, {
      details: { url },
      cause: new Error(`connect ${url}`),
    });
    logger.error({ url, nodes: [{ url }], error, err: error }, `lost ${url}`);
    expect(lines[0]).not.toContain("s3cr3t");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      url: "https://node.example",
      error: { code: "node-unreachable", message: expect.stringContaining("https://node.example") },
    });
  });

  test("writes for people on a terminal, redacted as well", () => {
    const { lines, logger } = collect("info", true);
    logger.warn({ node: "a", url: "https://h/key" }, "slow");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}slow {2}node=a url=https:\/\/h\n$/);
  });
});

test.each([
  ['{"level":"info","time":"2026-01-02T03:04:05.678Z","msg":"up"}', "03:04:05.678 INFO  up\n"],
  [
    '{"level":"error","time":"2026-01-02T03:04:05.678Z","a":"x y","b":{"c":1},"d":"","msg":"no"}',
    '03:04:05.678 ERROR no  a="x y" b={"c":1} d=""\n',
  ],
  [
    '{"level":"error","time":"2026-01-02T03:04:05.678Z","stack":"Error: x\\n    at y","msg":"no"}',
    "03:04:05.678 ERROR no\n    Error: x\n    at y\n",
  ],
  [
    '{"level":"info","time":"2026-01-02T03:04:05.678Z","node":"\\u001b[2J","msg":"a\\u0007\\nb"}',
    "03:04:05.678 INFO  a\\x07\\x0ab  node=\\x1b[2J\n",
  ],
  ["not JSON\n", "not JSON\n"],
])("%s is shown as %j", (line, expected) => {
  expect(formatReadableLine(line)).toBe(expected);
});
