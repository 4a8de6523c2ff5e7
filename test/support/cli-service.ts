import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const program = new URL("../../src/app/cli.ts", import.meta.url).pathname;

/** `headwater start` as a process of its own. `listening` gives its URL, read from its log. */
export function startCli(configFile: string): { child: ChildProcess; listening: Promise<{ url: string }> } {
  const child = spawn(process.execPath, [program, "start", "--config", configFile], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const listening = new Promise<{ url: string }>((resolve, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`the service ended with ${code ?? signal}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
      if (url) resolve({ url });
    });
  });
  // Whoever kills it before it listens does not wait for its URL.
  listening.catch(() => {});
  return { child, listening };
}
startCli.program = program;

/** Ends the process with no chance to do anything more, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  child.kill("SIGKILL");
  await exited;
}
