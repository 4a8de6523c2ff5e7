import { HeadwaterError } from "../../src/core/errors.ts";

/** The code of the HeadwaterError that `run` throws, or `none`. Any other error goes on. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return error.code;
    throw error;
  }
  return "none";
}
