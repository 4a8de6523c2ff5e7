import { execFileSync } from "node:child_process";
import { HeadwaterError } from "../../../core/errors.ts";
import { findProgram } from "../../find-program.ts";

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
  const path = findProgram({ name: PROGRAM, variable: VARIABLE }, env);
  if (path === undefined) return undefined;
  try {
    const [line = ""] = execFileSync(path, ["--version"], { encoding: "utf8" }).split("\n");
    return { path, version: line };
  } catch (cause) {
    throw new HeadwaterError("test-node-failed", `${path} does not tell its version`, { cause });
  }
}
