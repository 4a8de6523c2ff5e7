import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { HeadwaterError } from "../core/errors.ts";

export type SoughtProgram = {
  readonly name: string;
  /** Names its path, before all other places; empty: there is none. */
  readonly variable: string;
  /** Looked at before PATH. */
  readonly paths?: readonly string[];
};

/**
 * Where a program is on this machine; undefined where it is not.
 * @throws HeadwaterError `test-node-failed` when the variable names what is no program to run
 */
export function findProgram({ name, variable, paths = [] }: SoughtProgram, env: NodeJS.ProcessEnv): string | undefined {
  const named = env[variable];
  if (named === undefined) return [...paths, ...onPath(name, env)].find(isExecutable);
  if (named === "") return undefined;
  if (isExecutable(named)) return named;
  throw new HeadwaterError("test-node-failed", `${variable} is ${named}, which is not a ${name} to run`);
}

function onPath(name: string, env: NodeJS.ProcessEnv): string[] {
  const directories = (env["PATH"] ?? "").split(delimiter);
  return directories.filter((directory) => directory !== "").map((directory) => join(directory, name));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
