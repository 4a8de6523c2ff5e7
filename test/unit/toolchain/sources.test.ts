import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
  .split("\0")
  // A file that was deleted and not committed yet is tracked still.
  .filter((file) => file !== "" && existsSync(join(root, file)));
const sources = tracked.filter((file) => /^(src|bench|scripts)\/.*\.(ts|mjs)$/.test(file));
const texts = tracked.filter(
  (file) => /\.(ts|mjs|md|json|ya?ml|sol)$|^\.ci\//.test(file) && !file.startsWith("test/fixtures/"),
);

it("finds the sources", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources).toContain("src/core/model.ts");
});

it("no source file is longer than 350 lines, and half of them are shorter than 90", () => {
  const lengths = sources
    .filter((file) => file.startsWith("src/"))
    .map((file) => [readFileSync(join(root, file), "utf8").split("\n").length - 1, file] as const)
    .sort(([a], [b]) => a - b);
  expect(lengths.filter(([length]) => length > 350)).toEqual([]);
  expect(lengths[Math.floor(lengths.length / 2)]?.[0]).toBeLessThan(90);
});

it("no file is named for being miscellaneous", () => {
  const vague = /^(utils?|common|helpers?|managers?|misc)$/;
  const words = (file: string) => file.split("/").flatMap((part) => basename(part).split(/[.-]/));
  expect(
    tracked.filter((file) => !file.startsWith("test/fixtures/") && words(file).some((word) => vague.test(word))),
  ).toEqual([]);
});

it("nothing is left to do later, switched off, or tied to one machine", () => {
  const marks = [
    ["TO", "DO"],
    ["FIX", "ME"],
    ["@ts-", "ignore"],
    ["@ts-", "expect-error"],
    [": a", "ny;"],
    ["as a", "ny"],
    ["/wo", "rk/"],
    ["/ro", "ot/"],
  ].map((halves) => halves.join(""));
  const found = texts.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, i) =>
        marks
          .filter((mark) => line.includes(mark))
          .map((mark) => `${file}:${i + 1}: ${mark}: ${line.trim().slice(0, 100)}`),
      ),
  );
  expect(found).toEqual([]);
});
