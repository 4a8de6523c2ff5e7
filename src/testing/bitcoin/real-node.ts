import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { endProcess, hasExited, Watchdog } from "../child-process.ts";
import { findPortPair } from "../free-port.ts";
import { pollUntil } from "../poll-until.ts";
import type { NodeProgram, RegtestNetwork } from "./node-programs.ts";
import { type NodePlaces, nodeSettings } from "./node-settings.ts";
import type { RegtestNode } from "./regtest-node.ts";
import { RpcClient } from "./rpc-client.ts";

type Peer = { readonly id: number; readonly subver: string; readonly version: number };

/**
 * A litecoind or bitcoind on loopback, on a regtest chain of its own. It writes nothing outside a temporary directory, lives in
 * a process group of its own (a Ctrl-C in the terminal does not reach it), and is killed, its directory removed, when this
 * process ends without removing it, even by SIGKILL.
 */
export class RealNode implements RegtestNode {
  readonly name: string;
  readonly real = true;
  readonly description: string;
  readonly network: RegtestNetwork;
  readonly url: string;
  readonly client: RpcClient;
  readonly #program: NodeProgram;
  readonly #directory: string;
  readonly #places: NodePlaces;
  #child: ChildProcess | undefined;
  #watchdog: Watchdog | undefined;

  private constructor(program: NodeProgram, directory: string, places: NodePlaces) {
    this.name = places.name;
    this.description = program.version;
    this.network = program.network;
    this.url = `http://${places.user}:${places.password}@127.0.0.1:${places.rpcPort}`;
    this.client = new RpcClient(this.url);
    this.#program = program;
    this.#directory = directory;
    this.#places = places;
  }

  /**
   * Starts a node with an empty chain, and waits until it answers.
   * @param name lower-case letters, digits and hyphens
   * @throws HeadwaterError `test-node-failed` when it ends at once or is not ready for too long
   */
  static async start(program: NodeProgram, name: string): Promise<RealNode> {
    for (let tries = 1; ; tries++) {
      const [rpcPort, peerPort] = await findPortPair();
      const [publisherPort] = program.publishes ? await findPortPair() : [];
      const directory = await mkdtemp(join(tmpdir(), `headwater-${program.name}-`));
      const password = randomBytes(16).toString("hex");
      const node = new RealNode(program, directory, {
        name,
        rpcPort,
        peerPort,
        user: "headwater",
        password,
        ...(publisherPort !== undefined && { publisher: `tcp://127.0.0.1:${publisherPort}` }),
      });
      try {
        await node.restart();
        return node;
      } catch (error) {
        await node.remove();
        // Another program may have taken a port between the look and the use.
        const isPortTaken = error instanceof HeadwaterError && /unable to bind|bind.*fail/i.test(error.message);
        if (!isPortTaken || tries === LIMITS.testNodePortTries) throw error;
      }
    }
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  /** Where it keeps its chain: `blocks/*.dat` and its indexes are below `regtest`. */
  get directory(): string {
    return this.#directory;
  }

  get running(): boolean {
    return this.#child !== undefined && !hasExited(this.#child);
  }

  async restart(): Promise<void> {
    if (this.running) return;
    const settingsFile = join(this.#directory, "node.conf");
    await mkdir(this.#directory, { recursive: true });
    await writeFile(settingsFile, nodeSettings(this.#program, this.#places), { mode: 0o600 });
    const child = spawn(this.#program.path, [`-datadir=${this.#directory}`, `-conf=${settingsFile}`], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      env: { ...process.env, HOME: this.#directory },
    });
    this.#child = child;
    this.#watchdog = new Watchdog(child, this.#directory);
    await waitUntilReady(child, this.#program.name);
  }

  async connect(peer: RegtestNode): Promise<void> {
    const other = this.#expectReal(peer);
    if ((await this.#isConnected(other)) && (await other.#isConnected(this))) return;
    await this.client.call("addnode", `127.0.0.1:${other.#places.peerPort}`, "onetry");
    await pollUntil(
      async () => ((await this.#isConnected(other)) && (await other.#isConnected(this))) || undefined,
      `${this.name} and ${other.name} did not connect`,
    );
  }

  async disconnect(peer: RegtestNode): Promise<void> {
    const other = this.#expectReal(peer);
    await Promise.all([this.#drop(other), other.#drop(this)]);
    await pollUntil(
      async () => (!(await this.#isConnected(other)) && !(await other.#isConnected(this))) || undefined,
      `${this.name} and ${other.name} did not part`,
    );
  }

  async openPublisher(): Promise<string | undefined> {
    return this.#places.publisher;
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async remove(): Promise<void> {
    await this.#end("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.client.close();
    if (this.#child?.pid !== undefined) await endProcess(this.#child, signal);
    await this.#watchdog?.end();
  }

  #expectReal(peer: RegtestNode): RealNode {
    if (peer instanceof RealNode && peer.#program.name === this.#program.name) return peer;
    throw new HeadwaterError("test-node-failed", `${this.name} and ${peer.name} are nodes of different kinds`);
  }

  async #peers(other: RealNode): Promise<Peer[]> {
    const peers = await this.client.call<Peer[]>("getpeerinfo");
    return peers.filter(({ subver }) => subver.includes(`(${other.name})`));
  }

  /** Whether the two have told each other their versions. */
  async #isConnected(other: RealNode): Promise<boolean> {
    return (await this.#peers(other)).length > 0;
  }

  async #drop(other: RealNode): Promise<void> {
    for (const { id } of await this.#peers(other)) {
      // The other side may have been faster.
      await this.client.call("disconnectnode", "", id).catch(() => undefined);
    }
  }
}

/** Waits for the line that says that the node answers, then lets the rest of its output flow away unread. */
async function waitUntilReady(child: ChildProcess, name: string): Promise<void> {
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string, cause?: unknown) =>
    reject(new HeadwaterError("test-node-failed", `${name} ${why}: ${output.slice(-1_000).trim()}`, { cause }));
  const timer = setTimeout(() => fail(`was not ready after ${LIMITS.testNodeStartMs} ms`), LIMITS.testNodeStartMs);
  const onData = (bytes: Buffer) => {
    output = (output + bytes.toString()).slice(-10_000);
    if (output.includes("init message: Done loading")) resolve();
  };
  const onEnd = (code: number | null, signal: string | null) => fail(`ended (${signal ?? code}) before it was ready`);
  child.stdout?.on("data", onData);
  child.stderr?.on("data", onData);
  // Once all of its output was read: that tells why.
  child.once("close", onEnd);
  child.once("error", (error) => fail("could not be started", error));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.off("close", onEnd);
    child.stdout?.off("data", onData).resume();
    child.stderr?.off("data", onData).resume();
  }
}
