import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { startService } from "../../src/app/start.ts";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { openLevelStore } from "../../src/store/level/open.ts";
import { devAccounts } from "../../src/testing/evm/dev-accounts.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { kill, startCli } from "../support/cli-service.ts";
import {
  configFor,
  eventually,
  get,
  indexed,
  type Json,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

const KILLS = 6;
const SEATS = [
  { name: "alder", operator: "alder", region: "eu-west" },
  { name: "birch", operator: "birch", region: "us-east" },
];

type Url = { readonly url: string };

/** Registers the account as soon as the chain's store is open. */
async function watch(service: Url, account: string): Promise<Json> {
  return await eventually(async () => {
    const response = await fetch(`${service.url}/v1/accounts/${account}`, { method: "PUT" });
    const body = (await response.json()) as Json;
    if (response.status === 503) return undefined;
    expect([200, 201], JSON.stringify(body)).toContain(response.status);
    return body;
  });
}

/** Every transaction of the account as the service tells it, newest first. */
async function transactions(service: Url, account: string): Promise<{ all: Json[]; indexedFrom: number | undefined }> {
  const all: Json[] = [];
  let cursor = "";
  for (;;) {
    const path = `/v1/accounts/${account}/transactions?limit=100&allowStale=true&movements=all${cursor}`;
    const { status, body } = await get(service, path);
    expect(status, JSON.stringify(body)).toBe(200);
    all.push(...body.transactions);
    if (body.next === null) return { all, indexedFrom: body.indexedFrom };
    cursor = `&cursor=${body.next}`;
  }
}

describe("a service that keeps watched accounts alone", () => {
  let under: NetworkUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startNetwork(250, { seats: SEATS, slotsInAnEpoch: 200 });
    directory = await makeDirectory();
  });

  afterAll(async () => {
    await under?.network.stop();
    await directory?.remove();
  });

  it("has the digest of all and no gap, through kills in the import, a reorg and registrations at any moment", async () => {
    const { network, traffic } = under;
    const chain = `eip155:${network.chainId}`;
    const accounts = devAccounts(4).map(({ address }) => `${chain}:${address}`);
    const scoped = (scope: "all" | "watched"): HeadwaterConfig => {
      const config = configFor(network, join(directory.path, scope));
      const chains = config.chains.map((each) => ({
        ...each,
        agreement: { operators: 2 },
        index: { ...each.index, scope },
      }));
      return { ...config, chains };
    };
    const configFile = join(directory.path, "headwater.yaml");
    await writeFile(configFile, stringify(scoped("watched")));
    const random = new SeededRandom(20_261_127);
    const told = new Map<string, number>();
    for (let i = 0; i < KILLS; i++) {
      const { child, listening } = startCli(configFile);
      const service = await listening;
      const account = accounts[i % 3] as string;
      const { indexedFrom } = await watch(service, account);
      expect(indexedFrom).toBe(told.get(account) ?? indexedFrom);
      told.set(account, indexedFrom);
      await pause(random.integer(0, 300));
      await kill(child);
    }
    const last = startCli(configFile);
    const service = await last.listening;
    await indexed(service, network.head.hash);
    const saved = traffic.save();
    for (let i = 0; i < 2; i++) await network.mineBlock(await traffic.nextBlock());
    await indexed(service, network.head.hash);
    const late = accounts[3] as string;
    const atTip = await watch(service, late);
    expect(atTip.indexedFrom).toBeGreaterThan(network.head.height);
    told.set(late, atTip.indexedFrom);
    for (let i = 0; i < 2; i++) await network.mineBlock(await traffic.nextBlock());
    await indexed(service, network.head.hash);
    // Below the block from which on the last account is indexed.
    traffic.restore(saved, 2_000);
    const replacement = [];
    for (let i = 0; i < 9; i++) replacement.push(await traffic.nextBlock());
    await network.reorg(4, replacement);
    const block = await indexed(service, network.head.hash);

    const whole = await startService(scoped("all"), { logger: silentLogger });
    try {
      expect((await indexed(whole, network.head.hash)).digest).toBe(block.digest);
      for (const [account, from] of told) {
        const kept = await transactions(service, account);
        const all = await transactions(whole, account);
        expect(kept.indexedFrom).toBe(from);
        expect(all.indexedFrom).toBeUndefined();
        const expected = all.all.filter(({ height }: Json) => height >= from);
        expect(kept.all.map(({ id }: Json) => id)).toEqual(expected.map(({ id }: Json) => id));
        expect(kept.all.map(({ movements }: Json) => movements)).toEqual(
          expected.map(({ movements }: Json) => movements),
        );
        const balance = async (of: Url) => {
          const { body } = await get(of, `/v1/accounts/${account}/balances?allowStale=true&assets=${chain}/slip44:60`);
          return body.balances[0].amount;
        };
        expect(await balance(service)).toBe(await balance(whole));
      }
    } finally {
      await whole.stop();
    }
    const other = await get(service, `/v1/accounts/${chain}:0x${"12".repeat(20)}/transactions`);
    expect([other.status, other.body.code]).toEqual([404, "account-not-watched"]);
    last.child.kill("SIGTERM");
    await once(last.child, "exit");
    const store = await openLevelStore(join(directory.path, "watched"));
    const { faults, chains } = await store.verify();
    await store.close();
    expect(faults).toEqual([]);
    expect(chains[0]?.scope).toBe("watched");
    expect(chains[0]?.kept).toBeLessThan(chains[0]?.transactions as number);
  }, 300_000);
});
