import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { EXIT } from "../../../src/app/exit-codes.ts";
import { buildProgram } from "../../../src/app/program.ts";

const text = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

function firstCells(pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

/** The commands that do something, with the path by which they are called. */
function leaves(command: Command, path: string): [string, Command][] {
  if (command.commands.length === 0) return [[path, command]];
  return command.commands.flatMap((inner) => leaves(inner, `${path} ${inner.name()}`));
}

const commands = leaves(buildProgram(), "headwater");

test("docs/cli.md names every command, and no other", () => {
  const written = firstCells(/^\| `(headwater [^`]+)` \|/gm).map((name) => name.replace(/ [A-Z]+$/, ""));
  expect(written).toEqual(commands.map(([path]) => path));
});

test("docs/cli.md names every option with its commands, and no other", () => {
  const rows = [...text.matchAll(/^\| `(--[a-z-]+)[^`]*` \| ([^|]+) \|/gm)];
  const written = rows.flatMap(([, option, of]) => of?.split(", ").map((name) => `${name} ${option}`) ?? []);
  const real = commands.flatMap(([, command]) => command.options.map(({ long }) => `${command.name()} ${long}`));
  expect(written.sort()).toEqual(real.sort());
});

test("docs/cli.md names every exit code, and no other", () => {
  expect(firstCells(/^\| `(\d+)` \|/gm).map(Number)).toEqual(Object.values(EXIT));
});
