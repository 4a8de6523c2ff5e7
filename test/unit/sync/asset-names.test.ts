import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/core/contracts/logger.ts";
import type { ChainLedger, LedgerStore } from "../../../src/core/contracts/store.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import type { AssetInfo } from "../../../src/core/model.ts";
import { AssetNames, NAMELESS } from "../../../src/sync/asset-names.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import plugin from "../../../src/testing/chain/test-plugin.ts";
import { type BalanceNodes, openBalanceNodes } from "../../support/balance-nodes.ts";
import { openMemoryStore } from "../../support/memory-store.ts";

const CHAIN = TestChain.build(2, Date.UTC(2026, 0, 1));
const TOKEN = "erc20:token";
const COIN: AssetInfo = { symbol: "COIN", decimals: 6 };
const FORGED: AssetInfo = { symbol: "COIN", decimals: 2 };

let under: BalanceNodes;
let store: LedgerStore;
let ledger: ChainLedger;
let names: AssetNames;

async function start(told: readonly (AssetInfo | Error)[]): Promise<number[]> {
  const asked = told.map(() => 0);
  under = await openBalanceNodes(
    CHAIN,
    told.map((_, i) => `operator-${i}`),
    {},
    (nodes) => {
      for (const [i, node] of nodes.entries()) {
        node.names = async (assets) => {
          asked[i] = (asked[i] ?? 0) + 1;
          const info = told[i] as AssetInfo | Error;
          if (info instanceof Error) throw info;
          return assets.map(() => info);
        };
      }
    },
  );
  store = await openMemoryStore();
  ledger = await store.openChain({ chain: "test:balances", profile: "test/1", startHeight: 0 });
  const chain = plugin.open({ id: "test:balances", options: {} } as never);
  names = new AssetNames({ chain, ledger, reads: under.reads, logger: silentLogger });
  return asked;
}

afterEach(async () => {
  await under.close();
  await store.close();
});

async function read(): Promise<AssetInfo | undefined> {
  using view = ledger.view();
  const found = names.read(view, [TOKEN]);
  let done = false;
  void found.finally(() => {
    done = true;
  });
  while (!done) await under.clock.advance(50);
  return (await found).get(TOKEN);
}

describe("the name of an asset", () => {
  it("is what enough operators tell, and kept", async () => {
    const asked = await start([COIN, COIN, COIN]);
    expect(await read()).toEqual(COIN);
    expect(await read()).toEqual(COIN);
    expect(asked).toEqual([1, 1, 0]);
    using view = ledger.view();
    expect(await view.assetInfo(TOKEN)).toEqual(COIN);
  });

  it("is not what one node makes of it: decimals that are wrong make every amount wrong", async () => {
    const asked = await start([FORGED, COIN, COIN]);
    expect(await read()).toEqual(COIN);
    expect(asked).toEqual([1, 1, 1]);
  });

  it.each([
    ["operators do not agree", [FORGED, COIN, NAMELESS]],
    ["too few answer", [COIN, new HeadwaterError("node-timeout", "slow"), new HeadwaterError("node-timeout", "slow")]],
  ])("is none where %s, is not kept, and not asked for with every answer", async (_name, told) => {
    const asked = await start(told);
    expect(await read()).toEqual(NAMELESS);
    const before = asked.join();
    expect(await read()).toEqual(NAMELESS);
    expect(asked.join()).toBe(before);
    using view = ledger.view();
    expect(await view.assetInfo(TOKEN)).toBeUndefined();
    await under.clock.advance(60_000);
    told.fill(COIN);
    expect(await read()).toEqual(COIN);
  });
});
