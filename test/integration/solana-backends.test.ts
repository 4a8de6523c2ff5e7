import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Chain, ChainNode } from "../../src/core/contracts/plugin.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { clusterIdOf } from "../../src/plugins/solana/networks.ts";
import type { SolanaBackend } from "../../src/testing/solana/backend/solana-backend.ts";
import { availableBackends, startBackend } from "../../src/testing/solana/backend/start-backend.ts";
import { memo, priorityFee, transfer } from "../../src/testing/solana/programs/system.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";
import { signTransaction } from "../../src/testing/solana/wire/message.ts";
import { openTransport } from "../support/node-transport.ts";

const SOL = 1_000_000_000n;
const ALICE = Keypair.named("alice");
const BOB = Keypair.named("bob");

/** What needs no cluster of its own runs on a real validator as well, where one is on this machine. */
describe.each(availableBackends())("a chain of Solana: $name", (kind) => {
  let backend: SolanaBackend;
  let chain: Chain;
  let node: ChainNode;

  beforeAll(async () => {
    backend = await startBackend(kind);
  });

  afterAll(() => backend?.stop());

  async function connect(): Promise<void> {
    const answer = await fetch(backend.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getGenesisHash" }),
    });
    const { result } = (await answer.json()) as { result: string };
    chain = plugin.open({
      id: clusterIdOf(result),
      plugin: "solana",
      index: { from: 0, scope: "all", verify: "full" },
      agreement: {},
      lag: { targetSeconds: 5, maxSeconds: 60 },
      nodes: [],
      options: {},
    });
    node = chain.connect(openTransport(backend.url, backend.wsUrl));
  }

  it("says whether it is a validator", async () => {
    await connect();
    const { clientVersion } = await node.probe();
    expect(clientVersion.includes("not a validator")).toBe(!backend.real);
    expect(backend.cluster === undefined).toBe(backend.real);
  });

  it("executes what is sent; its block holds in every check and shows each lamport", async () => {
    await connect();
    await backend.airdrop(ALICE.address, 5n * SOL);
    const instructions = [
      ...priorityFee(1_000n, 50_000),
      transfer(ALICE.address, BOB.address, 2n * SOL),
      memo("for the boat"),
    ];
    const blockhash = await backend.latestBlockhash();
    const signature = await backend.send(signTransaction({ payer: ALICE, instructions, blockhash }).wire);
    const { tip } = await node.fetchTips();
    const profile = chain.selectProfile([await node.probe()]);
    for (const slot of (await node.listHeights?.(1, tip.height))?.toReversed() ?? []) {
      const raw = await node.fetchBlock({ height: slot }, profile);
      chain.verify(raw);
      const found = chain.decode(raw).transactions.find(({ id }) => id === signature);
      if (!found) continue;
      // 5,000 for the signature, 50,000 units at 1,000 millionths.
      expect(found.fee?.amount).toBe(5_050n);
      const deltas = found.movements.map(({ account, delta, kind: of }) => [account, delta, of]);
      expect(deltas).toEqual([
        [ALICE.address, -5_050n, "fee"],
        [ALICE.address, -2n * SOL, "transfer"],
        [BOB.address, 2n * SOL, "transfer"],
      ]);
      return;
    }
    throw new Error(`no block has ${signature}`);
  });

  it.skipIf(kind.name === "validator")("can fork and skip, which a validator cannot", () => {
    const { cluster } = backend;
    const branch = cluster?.fork(1);
    cluster?.skipSlots(5, branch);
    cluster?.makeSlots(3, branch);
    if (branch) cluster?.follow(branch);
    expect((cluster?.tip.slot ?? 0) - (cluster?.tip.height ?? 0)).toBe(5);
  });
});
