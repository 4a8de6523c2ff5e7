import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { endProcess, hasExited, Watchdog } from "../child-process.ts";
import { findAnvil } from "./anvil-binary.ts";
import { MNEMONIC } from "./dev-accounts.ts";

export type AnvilOptions = {
  readonly chainId: number;
  /** Seconds since the Unix epoch. */
  readonly genesisTime: number;
  /** `safe` is so many blocks behind the head, `finalized` twice as many. */
  readonly slotsInAnEpoch: number;
  /** Funded accounts, from MNEMONIC, with 10,000 native coins each. */
  readonly accounts: number;
  /** 0 takes any free one. */
  readonly port: number;
};

/**
 * One anvil on loopback with mining on demand. It writes nothing outside a temporary directory of its own, lives in a
 * process group of its own (a Ctrl-C in the terminal does not reach it), and is killed, its directory removed, when
 * this process ends without stopping it, even by SIGKILL.
 */
export class Anvil {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #watchdog: Watchdog;
  readonly #directory: string;

  private constructor(child: ChildProcess, port: number, watchdog: Watchdog, directory: string) {
    this.#child = child;
    this.#watchdog = watchdog;
    this.#directory = directory;
    this.port = port;
  }

  /** @throws HeadwaterError `test-node-failed` when it is not installed, ends at once, or says nothing for too long */
  static async start(options: AnvilOptions): Promise<Anvil> {
    const program = findAnvil();
    const directory = await mkdtemp(join(tmpdir(), "headwater-anvil-"));
    const child = spawn(program, anvilArguments(options, directory), {
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      env: { ...process.env, HOME: directory },
    });
    const watchdog = new Watchdog(child, directory);
    try {
      const port = await readPort(child);
      return new Anvil(child, port, watchdog, directory);
    } catch (error) {
      child.kill("SIGKILL");
      await watchdog.end();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get running(): boolean {
    return !hasExited(this.#child);
  }

  /** Stops answering, without closing anything: connections hang. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it, by force after a while, and removes its directory. May be called twice. */
  async stop(): Promise<void> {
    await endProcess(this.#child);
    await this.#end();
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await endProcess(this.#child, "SIGKILL");
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#watchdog.end();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function anvilArguments(options: AnvilOptions, directory: string): string[] {
  return [
    ...["--host", "127.0.0.1", "--port", String(options.port), "--no-mining"],
    ...["--chain-id", String(options.chainId), "--timestamp", String(options.genesisTime)],
    ...["--mnemonic", MNEMONIC, "--accounts", String(options.accounts)],
    ...["--slots-in-an-epoch", String(options.slotsInAnEpoch)],
    // Transactions enter the block in the order in which they came, whatever they pay: the same on every node.
    ...["--order", "fifo"],
    // With its newest fork anvil slows down with every block and fills the home directory.
    ...["--hardfork", "cancun", "--cache-path", directory],
  ];
}

/** Waits for the line that tells the port, then lets the rest of the output flow away unread. */
async function readPort(child: ChildProcess): Promise<number> {
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (why: string, cause?: unknown) =>
    reject(new HeadwaterError("test-node-failed", `anvil ${why}: ${output.slice(-500).trim()}`, { cause }));
  const timer = setTimeout(() => fail(`was not ready after ${LIMITS.testNodeStartMs} ms`), LIMITS.testNodeStartMs);
  const onData = (bytes: Buffer) => {
    output += bytes.toString();
    const match = /Listening on 127\.0\.0\.1:(\d+)/.exec(output);
    if (match) resolve(Number(match[1]));
  };
  const onExit = (code: number | null, signal: string | null) => fail(`ended (${signal ?? code}) before it was ready`);
  child.stdout?.on("data", onData);
  child.stderr?.on("data", onData);
  child.once("exit", onExit);
  child.once("error", (error) => fail("could not be started", error));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.off("exit", onExit);
    child.stdout?.off("data", onData).resume();
    child.stderr?.off("data", onData).resume();
  }
}
