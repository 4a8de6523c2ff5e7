import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { parseExact } from "../../src/plugins/solana/codec/exact-json.ts";
import type { SolanaBackend } from "../../src/testing/solana/backend/solana-backend.ts";
import { availableBackends, startBackend } from "../../src/testing/solana/backend/start-backend.ts";
import { memo, transfer } from "../../src/testing/solana/programs/system.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";
import { type Instruction, signTransaction } from "../../src/testing/solana/wire/message.ts";
import { eventually, get, type Json, makeDirectory, serviceConfig } from "../support/service.ts";

const AIRDROP = 500_000n * 1_000_000_000n;
const ALICE = Keypair.named("service alice");
const BOB = Keypair.named("service bob");
/** Lamports that no double holds. */
const BEYOND = 2n ** 53n + 1n;

describe.each(availableBackends())("a service over one $name", (kind) => {
  let chain: SolanaBackend;
  let id: string;
  let lastSlot: number;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let service: RunningService;
  const payments: string[] = [];

  beforeAll(async () => {
    chain = await startBackend(kind);
    directory = await makeDirectory();
    id = `solana:${((await ask("getGenesisHash")) as string).slice(0, 32)}`;
    // Many small ones, since one that is no safe integer could not be asked for, and each another, since two alike are one.
    for (let i = 0n; AIRDROP * i < BEYOND + AIRDROP; i++) await chain.airdrop(ALICE.address, AIRDROP + i);
    const half = (BEYOND - 1n) / 2n;
    payments.push(await pay(transfer(ALICE.address, BOB.address, half)));
    payments.push(await pay(transfer(ALICE.address, BOB.address, BEYOND - half), memo("the rest")));
    const { value } = await ask("getSignatureStatuses", [payments[1]]);
    lastSlot = value[0].slot;
    service = await startService(configAt("store"), { logger: silentLogger });
    await untilSlot(service, lastSlot);
  });

  afterAll(async () => {
    await service?.stop();
    await chain?.stop();
    await directory?.remove();
  });

  function configAt(store: string): HeadwaterConfig {
    const node = { name: "only", operator: "only", region: "eu-west", url: chain.url, ws: chain.wsUrl };
    return serviceConfig({ id, plugin: "solana", nodes: [node] }, join(directory.path, store));
  }

  /** @returns the text of the answer */
  async function askText(method: string, ...params: readonly unknown[]): Promise<string> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    return await (await fetch(chain.url, { method: "POST", headers, body })).text();
  }

  async function ask(method: string, ...params: readonly unknown[]): Promise<Json> {
    const { result, error } = parseExact(Buffer.from(await askText(method, ...params)), method) as Json;
    if (error) throw new Error(JSON.stringify(error));
    return result;
  }

  async function pay(...instructions: readonly Instruction[]): Promise<string> {
    const { wire } = signTransaction({ payer: ALICE, instructions, blockhash: await chain.latestBlockhash() });
    return await chain.send(wire);
  }

  function untilSlot(running: { readonly url: string }, slot: number): Promise<Json> {
    return eventually(async () => {
      const { body } = await get(running, `/v1/chains/demo/blocks/${slot}?allowStale=true`);
      return body.digest !== undefined && body;
    });
  }

  it("has the lamports that the node itself tells, beyond what a double holds", async () => {
    for (const { address } of [ALICE, BOB]) {
      const { value } = await ask("getBalance", address, { commitment: "confirmed" });
      const { body } = await get(service, `/v1/accounts/${id}:${address}/balances?allowStale=true`);
      expect(body.balances).toMatchObject([{ asset: `${id}/slip44:501`, amount: `${value}`, source: "ledger" }]);
    }
  });

  it("tells an amount beyond 2^53 to the last lamport, from the node's bytes to the API's", async () => {
    expect(Number(BEYOND)).not.toBe(BEYOND);
    const block = await askText("getBlock", lastSlot, { maxSupportedTransactionVersion: 0, commitment: "confirmed" });
    expect(block).toMatch(new RegExp(`"postBalances":\\[[^\\]]*\\b${BEYOND}\\b`));
    const response = await fetch(`${service.url}/v1/accounts/${id}:${BOB.address}/balances?allowStale=true`);
    expect(await response.text()).toContain(`"amount":"${BEYOND}"`);
    const { body } = await get(service, `/v1/accounts/${id}:${BOB.address}/transactions?allowStale=true`);
    expect(body.transactions.map((each: Json) => each.id)).toEqual(payments.toReversed());
    const deltas = body.transactions.map(({ movements }: Json) => BigInt(movements[0].delta));
    expect(deltas[0] + deltas[1]).toBe(BEYOND);
  });

  it("has the digest of a fresh import at the same block", async () => {
    const fresh = await startService(configAt("fresh"), { logger: silentLogger });
    const again = await untilSlot(fresh, lastSlot);
    await fresh.stop();
    expect(again.digest).toBe((await untilSlot(service, lastSlot)).digest);
  });
});
