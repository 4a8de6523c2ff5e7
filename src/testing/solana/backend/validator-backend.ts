import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { HeadwaterError } from "../../../core/errors.ts";
import { endProcess, hasExited, Watchdog } from "../../child-process.ts";
import { findPortPair } from "../../free-port.ts";
import { pollUntil } from "../../poll-until.ts";
import type { FoundValidator } from "./find-validator.ts";
import type { SolanaBackend } from "./solana-backend.ts";

type Statuses = { readonly value: readonly ({ readonly confirmationStatus?: string } | null)[] };

/** Enough for balances beyond 2^53 lamports. */
const FAUCET_SOL = "100000000";

/**
 * A `solana-test-validator` on loopback with an empty ledger in a temporary directory. It makes blocks by its own clock: what is
 * sent is waited for. It can neither fork nor skip, and has one operator.
 */
export class ValidatorBackend implements SolanaBackend {
  readonly real = true;
  readonly description: string;
  readonly url: string;
  readonly wsUrl: string;
  readonly cluster = undefined;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #watchdog: Watchdog;

  private constructor(program: FoundValidator, directory: string, port: number, faucetPort: number) {
    this.description = program.version;
    this.url = `http://127.0.0.1:${port}`;
    // Where it listens for subscriptions: at the next port.
    this.wsUrl = `ws://127.0.0.1:${port + 1}`;
    this.#directory = directory;
    const places = ["--ledger", join(directory, "ledger"), "--bind-address", "127.0.0.1"];
    const ports = ["--rpc-port", String(port), "--faucet-port", String(faucetPort), "--faucet-sol", FAUCET_SOL];
    this.#child = spawn(program.path, [...places, ...ports, "--reset", "--quiet"], {
      stdio: "ignore",
      detached: process.platform !== "win32",
      env: { ...process.env, HOME: directory },
    });
    this.#watchdog = new Watchdog(this.#child, directory);
  }

  /** @throws HeadwaterError `test-node-failed` when it ends at once or is not ready for too long */
  static async start(program: FoundValidator): Promise<ValidatorBackend> {
    const [port] = await findPortPair();
    const [faucetPort] = await findPortPair();
    const directory = await mkdtemp(join(tmpdir(), "headwater-solana-"));
    const backend = new ValidatorBackend(program, directory, port, faucetPort);
    try {
      await backend.#waitUntilReady();
      return backend;
    } catch (error) {
      await backend.stop();
      throw error;
    }
  }

  async airdrop(address: string, lamports: bigint): Promise<string> {
    return await this.#confirm(await this.#call("requestAirdrop", address, Number(lamports)));
  }

  async latestBlockhash(): Promise<string> {
    const { value } = await this.#call<{ value: { blockhash: string } }>("getLatestBlockhash", CONFIRMED);
    return value.blockhash;
  }

  async send(wire: Uint8Array): Promise<string> {
    const text = Buffer.from(wire).toString("base64");
    const config = { encoding: "base64", preflightCommitment: "confirmed" };
    return await this.#confirm(await this.#call("sendTransaction", text, config));
  }

  async stop(): Promise<void> {
    await endProcess(this.#child);
    await this.#watchdog.end();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #confirm(signature: string): Promise<string> {
    return await pollUntil(async () => {
      const { value } = await this.#call<Statuses>("getSignatureStatuses", [signature]);
      const status = value[0]?.confirmationStatus;
      return status === "confirmed" || status === "finalized" ? signature : undefined;
    }, `transaction ${signature} was not confirmed`);
  }

  async #waitUntilReady(): Promise<void> {
    await pollUntil(async () => {
      if (hasExited(this.#child)) throw new HeadwaterError("test-node-failed", `${this.description} ended at once`);
      return await this.#call("getHealth").catch(() => undefined);
    }, `${this.description} is not ready`);
  }

  async #call<T = string>(method: string, ...params: readonly unknown[]): Promise<T> {
    try {
      const { body } = await request(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const { result, error } = (await body.json()) as { readonly result: T; readonly error?: { message: string } };
      if (error) throw new Error(error.message);
      return result;
    } catch (cause) {
      throw new HeadwaterError("test-node-failed", `${this.description}, ${method}: ${cause}`, { cause });
    }
  }
}

const CONFIRMED = { commitment: "confirmed" };
