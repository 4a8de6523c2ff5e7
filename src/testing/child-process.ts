import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { LIMITS } from "../core/limits.ts";

export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Asks the process to end, by force after `LIMITS.testNodeStopMs`, and waits for that. A paused one wakes for it. */
export async function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (hasExited(child)) return;
  const exited = once(child, "exit");
  // A paused process does not see a SIGTERM until it goes on.
  child.kill(signal);
  child.kill("SIGCONT");
  const force = setTimeout(() => child.kill("SIGKILL"), LIMITS.testNodeStopMs);
  await exited;
  clearTimeout(force);
}

/**
 * Kills a child process and removes its directory when this process ends without doing so, even by SIGKILL: a shell that
 * waits on a pipe which this process holds open, which the system closes in any case.
 */
export class Watchdog {
  readonly #shell: ChildProcess | undefined;

  constructor(child: ChildProcess, directory: string) {
    if (process.platform === "win32" || child.pid === undefined) return;
    const script = 'read -r _; kill -9 "$1"; rm -rf "$2"';
    // In a process group of its own, so that a Ctrl-C does not end it first.
    const shell = spawn("/bin/sh", ["-c", script, "sh", String(child.pid), directory], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    shell.on("error", () => undefined);
    shell.stdin.on("error", () => undefined);
    shell.unref();
    this.#shell = shell;
    // It must not outlive the child: the process id may be given to another.
    if (hasExited(child)) shell.kill("SIGKILL");
    else child.once("exit", () => shell.kill("SIGKILL"));
  }

  /** Ends the watch. The directory is left. May be called twice. */
  async end(): Promise<void> {
    const shell = this.#shell;
    if (!shell || hasExited(shell)) return;
    const gone = once(shell, "exit");
    shell.ref();
    shell.kill("SIGKILL");
    await gone;
  }
}
