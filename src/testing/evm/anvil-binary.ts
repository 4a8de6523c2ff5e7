import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { HeadwaterError } from "../../core/errors.ts";

const PLATFORMS: Readonly<Record<string, string>> = {
  "linux-x64": "@foundry-rs/anvil-linux-amd64",
  "linux-arm64": "@foundry-rs/anvil-linux-arm64",
  "darwin-x64": "@foundry-rs/anvil-darwin-amd64",
  "darwin-arm64": "@foundry-rs/anvil-darwin-arm64",
  "win32-x64": "@foundry-rs/anvil-win32-amd64",
};

/**
 * The path of the anvil program: what the environment variable HEADWATER_ANVIL names, else the platform's npm package.
 * @throws HeadwaterError `test-node-failed` when neither is there, with what to do about it
 */
export function findAnvil(
  env: NodeJS.ProcessEnv = process.env,
  platform = `${process.platform}-${process.arch}`,
): string {
  const named = env["HEADWATER_ANVIL"];
  if (named) {
    assertExecutable(named);
    return named;
  }
  const packageName = PLATFORMS[platform];
  if (packageName === undefined) {
    throw missing(`npm has no anvil for ${platform} (only for ${Object.keys(PLATFORMS).join(", ")})`);
  }
  const program = platform.startsWith("win32") ? "anvil.exe" : "anvil";
  try {
    return createRequire(import.meta.url).resolve(`${packageName}/bin/${program}`);
  } catch (error) {
    throw missing(
      `the package ${packageName} is not installed: run "npm install --no-save ${packageName}@1.7.1"`,
      error,
    );
  }
}

function assertExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new HeadwaterError("test-node-failed", `HEADWATER_ANVIL is ${path}, which is not a program to run`, {
      cause: error,
    });
  }
}

function missing(why: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError(
    "test-node-failed",
    `The EVM node anvil is missing: ${why}, or set HEADWATER_ANVIL to the path of an anvil of your own.`,
    cause === undefined ? {} : { cause },
  );
}
