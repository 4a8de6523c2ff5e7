import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

const NODE = fileURLToPath(new URL("node_modules/.bin/node", root));
const CLI = fileURLToPath(new URL("src/app/cli.ts", root));

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the command line as a process of its own, with nothing of this process's environment that it listens to. */
export function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return finish(startProcess([CLI, ...args], env));
}

export function startProcess(args: readonly string[], env: Record<string, string> = {}, node = NODE): ChildProcess {
  const { HEADWATER_URL: _url, HEADWATER_DEBUG: _debug, NODE_OPTIONS: _options, ...rest } = process.env;
  return spawn(node, args, { cwd: fileURLToPath(root), env: { ...rest, ...env }, stdio: ["ignore", "pipe", "pipe"] });
}

export function finish(child: ChildProcess): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Resolves when the process has written the text to its standard output. */
export function untilSaid(child: ChildProcess, text: string): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (part: Buffer | string) => {
      said += String(part);
      if (said.includes(text)) resolve();
    });
    child.on("close", () => reject(new Error(`it ended without saying ${JSON.stringify(text)}; it said ${said}`)));
  });
}
