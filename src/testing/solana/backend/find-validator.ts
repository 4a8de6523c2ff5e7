import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { HeadwaterError } from "../../../core/errors.ts";

export type FoundValidator = {
  readonly path: string;
  /** What it says of itself, one line. */
  readonly version: string;
};

const PROGRAM = "solana-test-validator";
const VARIABLE = "HEADWATER_SOLANA_TEST_VALIDATOR";

/** What brings a validator where there is none. */
export const NO_VALIDATOR = `${PROGRAM} is not on this machine (see docs.anza.xyz, or set ${VARIABLE})`;

/**
 * The validator on this machine: what the variable HEADWATER_SOLANA_TEST_VALIDATOR names, else what is on the PATH. A variable
 * that is empty means that there is none.
 * @throws HeadwaterError `test-node-failed` when the variable names what is no program to run
 */
export function findValidator(env: NodeJS.ProcessEnv = process.env): FoundValidator | undefined {
  const named = env[VARIABLE];
  if (named === "") return undefined;
  const directories = (env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  const path = named ?? directories.map((directory) => join(directory, PROGRAM)).find(isExecutable);
  if (path === undefined) return undefined;
  if (!isExecutable(path)) {
    throw new HeadwaterError("test-node-failed", `${VARIABLE} is ${path}, which is not a ${PROGRAM} to run`);
  }
  try {
    const [line = ""] = execFileSync(path, ["--version"], { encoding: "utf8" }).split("\n");
    return { path, version: line };
  } catch (cause) {
    throw new HeadwaterError("test-node-failed", `${path} does not tell its version`, { cause });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
