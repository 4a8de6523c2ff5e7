import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { idleLoad, noMetrics } from "../../src/core/contracts/metrics.ts";
import type { BalanceSheet } from "../../src/core/contracts/service.ts";
import type { LedgerStore } from "../../src/core/contracts/store.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { ChainEngine } from "../../src/sync/chain-engine.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../src/testing/solana/cluster-wire.ts";
import { NodeView } from "../../src/testing/solana/node-view.ts";
import { TOKEN_2022 } from "../../src/testing/solana/programs/programs.ts";
import { createAccount, transfer } from "../../src/testing/solana/programs/system.ts";
import {
  associatedAddress,
  createAssociated,
  initializeMint,
  MINT_BYTES,
  mintTo,
} from "../../src/testing/solana/programs/token.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";
import { type Instruction, signTransaction } from "../../src/testing/solana/wire/message.ts";
import { decodeInline } from "../simulation/inline-decoder.ts";
import { openMemoryStore } from "../support/memory-store.ts";

const ALICE = Keypair.named("alice");
const BOB = Keypair.named("bob");
const MINT = Keypair.named("mint");
const NATIVE = "slip44:501";
const TOKEN = `token:${MINT.address}`;
const BEYOND = 2n ** 53n + 1n;
const GENESIS = 1_700_000_000;

describe("balances of an engine over the local cluster", () => {
  let cluster: SolanaCluster;
  let views: NodeView[];
  let clock: FakeClock;
  let store: LedgerStore;
  let engine: ChainEngine;

  beforeEach(async () => {
    cluster = new SolanaCluster({ finalizedBlocks: 4, votes: false, genesisTime: GENESIS });
    views = [0, 1, 2].map(() => new NodeView(cluster));
    // All that the index does not see: what there is before its first block.
    cluster.airdrop(ALICE.address, BEYOND);
    cluster.airdrop(BOB.address, 9_000_000_000n);
    cluster.makeSlots(2);
    const space = { lamports: cluster.ledger.svm.minimumBalance(MINT_BYTES), sizeBytes: MINT_BYTES, owner: TOKEN_2022 };
    const account = associatedAddress(ALICE.address, MINT.address, TOKEN_2022);
    send(
      [
        createAccount(BOB.address, MINT.address, space),
        initializeMint(MINT.address, 6, BOB.address, TOKEN_2022),
        createAssociated(BOB.address, ALICE.address, MINT.address, TOKEN_2022),
        mintTo(MINT.address, account, BOB.address, BEYOND, TOKEN_2022),
      ],
      [MINT],
    );
    cluster.makeSlots(6);
    clock = new FakeClock(timeOfTip());
    store = await openMemoryStore();
    const config: ChainConfig = {
      id: `solana:${cluster.genesisHash.slice(0, 32)}`,
      plugin: "solana",
      index: { from: cluster.tip.slot, scope: "all", verify: "full" },
      agreement: { operators: 2 },
      lag: { targetSeconds: 5, maxSeconds: 60 },
      nodes: views.map((_, i) => ({ name: `node-${i}`, url: "http://127.0.0.1:1", operator: `op-${i}`, region: "eu" })),
      options: {},
    };
    engine = new ChainEngine({
      ...{ config, plugin, store, clock, logger: silentLogger, metrics: noMetrics, load: idleLoad },
      decodePool: decodeInline(plugin.open(config), () => {}),
      random: () => 0,
      openWire: ({ name }) => new ClusterWire(views[Number(name.at(-1))] as NodeView),
    });
    engine.start();
    await goOn(4);
  });

  afterEach(async () => {
    await engine.stop();
    await store.close();
  });

  function send(instructions: readonly Instruction[], signers: readonly Keypair[] = []): void {
    cluster.send(signTransaction({ payer: BOB, signers, instructions, blockhash: cluster.tip.blockhash }).wire);
    cluster.makeSlots(2);
  }

  const timeOfTip = () => (GENESIS + 0.4 * cluster.tip.slot) * 1000;

  /** So many slots more, and time for the engine to take in what is confirmed of them. */
  async function goOn(slots: number): Promise<void> {
    for (let i = 0; i < slots; i++) {
      cluster.makeSlot();
      await clock.advance(400);
    }
    const confirmed = () => (views[0] as NodeView).confirmed.slot;
    for (let waits = 0; tipHeight() !== confirmed() && waits < 500; waits++) await clock.advance(20);
    expect(tipHeight()).toBe(confirmed());
  }

  function tipHeight(): number | undefined {
    using view = engine.view();
    return view?.position?.tip.height;
  }

  /** Reads at the newest indexed block, while the chain goes on. */
  async function read(account: string, assets: readonly string[]): Promise<{ sheet: BalanceSheet; slot: number }> {
    using view = engine.view();
    const at = view?.position?.tip;
    if (!view || !at) throw new Error("nothing is indexed");
    let sheets: readonly BalanceSheet[] | undefined;
    let failure: unknown;
    Promise.resolve(engine.readBalances(view, at, [{ account, assets }])).then(
      (told) => {
        sheets = told;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    for (let waits = 0; sheets === undefined && failure === undefined && waits < 100; waits++) {
      if (waits % 4 === 3) cluster.makeSlot();
      await clock.advance(100);
    }
    if (!sheets) throw failure ?? new Error("the read has not ended");
    return { sheet: sheets[0] as BalanceSheet, slot: at.height };
  }

  it("are exact beyond 2^53, led back from the nodes' newer slots to the block of the answer, and then the ledger's own", async () => {
    // Nodes have gone on when they are asked: a transfer is confirmed that the index has not seen yet.
    cluster.skipSlots(7);
    send([transfer(BOB.address, ALICE.address, 1_234_567n)]);
    const before = await read(ALICE.address, [NATIVE, TOKEN]);
    expect(before.sheet.errors).toEqual([]);
    expect(before.sheet.balances).toMatchObject([
      { asset: NATIVE, amount: BEYOND, source: "node", info: { symbol: "SOL", decimals: 9 } },
      { asset: TOKEN, amount: BEYOND, source: "node", info: { symbol: null, decimals: 6 } },
    ]);
    await goOn(3);
    const after = await read(ALICE.address, [NATIVE, TOKEN]);
    expect(after.slot).toBeGreaterThan(before.slot + 7);
    expect(after.sheet.balances.map(({ amount }) => amount)).toEqual([BEYOND + 1_234_567n, BEYOND]);
    const again = await read(ALICE.address, [NATIVE, TOKEN]);
    expect(again.sheet.balances).toMatchObject([{ source: "ledger" }, { source: "ledger" }]);
  });

  it("lie in token accounts that add up to them", async () => {
    using view = engine.view();
    const at = view?.position?.tip;
    if (!at || !engine.readHoldings) throw new Error("nothing is indexed");
    const told = engine.readHoldings([{ account: ALICE.address, asset: TOKEN }], at);
    await goOn(2);
    const address = associatedAddress(ALICE.address, MINT.address, TOKEN_2022);
    expect(await told).toEqual([[{ address, amount: BEYOND, associated: true }]]);
  });

  it("are an error, never wrong, where nodes do not come to the block", async () => {
    for (const view of views) view.freeze();
    cluster.makeSlots(3);
    const { sheet } = await read(BOB.address, [NATIVE]);
    // The frozen nodes stand on the very block that was asked for.
    expect(sheet.balances).toMatchObject([{ amount: cluster.account(BOB.address, views[0]?.confirmed)?.lamports }]);
    for (const view of views) view.fallBehind(12);
    for (const view of views) view.thaw();
    const late = await read(ALICE.address, [NATIVE]);
    expect(late.sheet.balances).toEqual([]);
    expect(late.sheet.errors).toMatchObject([{ asset: NATIVE, error: { code: "balance-unavailable" } }]);
  });
});
