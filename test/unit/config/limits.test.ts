import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { configText, loadOptions, parse, problemsOf } from "./support.ts";

describe("a hostile configuration file", () => {
  test("with an alias bomb is refused without expanding it", async () => {
    const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(",")}]`,
      );
    const problems = await problemsOf(`${lines.join("\n")}\n`);
    expect(problems.filter((problem) => !problem.includes("unknown key"))).toEqual([
      expect.stringMatching(/: expected at most 100 aliases in the file, got more$/),
    ]);
  });

  test("with an anchor that holds itself is refused", async () => {
    expect(await problemsOf("region: &a [*a]\n")).toContainEqual(
      expect.stringMatching(/: expected nesting of at most 32 levels in the file, got more$/),
    );
  });

  test("nested out of all measure is refused", async () => {
    expect(await problemsOf("[".repeat(20_000))).toHaveLength(1);
    expect(await problemsOf(`region: ${"[".repeat(40)}${"]".repeat(40)}\n`)).toContainEqual(
      expect.stringMatching(/expected nesting of at most 32 levels/),
    );
  });

  test("of too many values is refused", async () => {
    const text = configText({ chain: `    options: { trace: [${"1,".repeat(LIMITS.configValues)}] }\n` });
    expect(await problemsOf(text)).toEqual([
      expect.stringMatching(/expected at most 50000 values in the file, got more$/),
    ]);
  });

  test("of many problems lists the first hundred and counts the rest", async () => {
    const text = Array.from({ length: 130 }, (_, index) => `zzzzzzzzz${index}: 1\n`).join("");
    const error = await parse(text).catch((caught: unknown) => caught as Error);
    const lines = (error as Error).message.split("\n");
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("and 32 more");
  });
});

describe("what cannot be read", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "headwater-config-"));
    await writeFile(join(folder, "large.yaml"), "#".repeat(LIMITS.configBytes + 1));
    await writeFile(join(folder, "latin1.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe4, 0x0a]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ["absent.yaml", "expected a readable UTF-8 file, got: no such file"],
    ["", "expected a readable UTF-8 file, got: EISDIR"],
    ["large.yaml", "expected a file of at most 1048576 bytes, got 1048577"],
    ["latin1.yaml", "expected a readable UTF-8 file, got: bytes that are not UTF-8"],
  ])("%s", async (name, message) => {
    const file = join(folder, name);
    await expect(loadConfig(file, {}, loadOptions)).rejects.toMatchObject({
      code: "config-invalid",
      message: `${file}:1:1: ${message}`,
    });
  });
});
