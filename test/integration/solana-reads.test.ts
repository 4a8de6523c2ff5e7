import { beforeEach, describe, expect, it } from "vitest";
import type { ChainNode } from "../../src/core/contracts/plugin.ts";
import { connectNode } from "../../src/plugins/solana/node.ts";
import { TestTransport } from "../../src/testing/chain/test-transport.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../src/testing/solana/cluster-wire.ts";
import { NodeView } from "../../src/testing/solana/node-view.ts";
import { TOKEN, TOKEN_2022 } from "../../src/testing/solana/programs/programs.ts";
import { createAccount, priorityFee, transfer } from "../../src/testing/solana/programs/system.ts";
import {
  associatedAddress,
  createAssociated,
  initializeAccount,
  initializeMint,
  MINT_BYTES,
  mintTo,
  TOKEN_ACCOUNT_BYTES,
} from "../../src/testing/solana/programs/token.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";
import { type Instruction, signTransaction } from "../../src/testing/solana/wire/message.ts";
import { failureOf } from "../support/failure-of.ts";

const ALICE = Keypair.named("alice");
const BOB = Keypair.named("bob");
const MINT = Keypair.named("mint");
const SECOND = Keypair.named("second account");
const BEYOND = 2n ** 53n + 1n;

describe("a node of the local cluster", () => {
  let cluster: SolanaCluster;
  let view: NodeView;
  let node: ChainNode;

  beforeEach(() => {
    cluster = new SolanaCluster({ finalizedBlocks: 4, votes: false });
    view = new NodeView(cluster);
    const options = { wantsProcessed: false, wantsSignatures: true, ingestionLagSlots: 100 };
    node = connectNode(options, new TestTransport("local", new ClusterWire(view)));
    cluster.airdrop(ALICE.address, BEYOND);
    cluster.makeSlots(2);
  });

  function send(instructions: readonly Instruction[], signers: readonly Keypair[] = []): void {
    cluster.send(signTransaction({ payer: ALICE, signers, instructions, blockhash: cluster.tip.blockhash }).wire);
    cluster.makeSlots(2);
  }

  /** A mint of which an owner has two accounts: the associated one with 5 tokens, another with 8. */
  function mintTokens(owner: string, program: string): void {
    const { svm } = cluster.ledger;
    const spaceOf = (sizeBytes: number) => ({ lamports: svm.minimumBalance(sizeBytes), sizeBytes, owner: program });
    send(
      [
        createAccount(ALICE.address, MINT.address, spaceOf(MINT_BYTES)),
        initializeMint(MINT.address, 6, ALICE.address, program),
        createAssociated(ALICE.address, owner, MINT.address, program),
        createAccount(ALICE.address, SECOND.address, spaceOf(TOKEN_ACCOUNT_BYTES)),
        initializeAccount(SECOND.address, MINT.address, owner, program),
        mintTo(MINT.address, associatedAddress(owner, MINT.address, program), ALICE.address, 5n, program),
        mintTo(MINT.address, SECOND.address, ALICE.address, 8n, program),
      ],
      [MINT, SECOND],
    );
  }

  const read = (account: string, asset: string, notBefore = 0) =>
    node.readRecentBalances?.([{ account, asset }], notBefore) ?? Promise.reject(new Error("it reads none"));

  it("tells lamports beyond 2^53 exactly, at the slot of its newest confirmed block", async () => {
    expect(await read(ALICE.address, "slip44:501")).toEqual([{ height: view.confirmed.slot, amount: BEYOND }]);
    expect(await read(BOB.address, "slip44:501")).toEqual([{ height: view.confirmed.slot, amount: 0n }]);
  });

  it.each([TOKEN, TOKEN_2022])("adds up the token accounts of an owner, of program %s", async (program) => {
    mintTokens(BOB.address, program);
    const asset = `token:${MINT.address}`;
    expect(await read(BOB.address, asset)).toEqual([{ height: view.confirmed.slot, amount: 13n }]);
    expect(await read(ALICE.address, asset)).toEqual([{ height: view.confirmed.slot, amount: 0n }]);
    expect(await read(BOB.address, `token:${BOB.address}`)).toEqual([{ height: 0, amount: null }]);
    expect(await node.readAssetInfo([asset])).toEqual([{ symbol: null, decimals: 6 }]);
  });

  it.each([TOKEN, TOKEN_2022])("lists the token accounts of an owner apart, of program %s", async (program) => {
    mintTokens(BOB.address, program);
    const asset = `token:${MINT.address}`;
    const associated = associatedAddress(BOB.address, MINT.address, program);
    const holdings = [
      { address: associated, amount: 5n, associated: true },
      { address: SECOND.address, amount: 8n, associated: false },
    ].sort((a, b) => (a.address < b.address ? -1 : 1));
    expect(await node.listHoldings?.([{ account: BOB.address, asset }], 0)).toEqual([
      { height: view.confirmed.slot, holdings },
    ]);
    expect(await node.listHoldings?.([{ account: ALICE.address, asset }], 0)).toEqual([
      { height: view.confirmed.slot, holdings: [] },
    ]);
    expect(await node.listHoldings?.([{ account: BOB.address, asset: `token:${BOB.address}` }], 0)).toEqual([
      { height: 0, holdings: null },
    ]);
    const native = node.listHoldings?.([{ account: BOB.address, asset: "slip44:501" }], 0) as Promise<unknown>;
    expect((await failureOf(native)).code).toBe("unsupported");
  });

  const sign = (instructions: readonly Instruction[], blockhash = view.confirmed.blockhash, payer = ALICE) => {
    const { signature, wire } = signTransaction({ payer, instructions, blockhash });
    return { id: signature, raw: Buffer.from(wire).toString("base64") };
  };
  const broadcast = (raw: string) => node.broadcast?.(raw) ?? Promise.reject(new Error("it sends none"));
  const list = (account: string, limit = 50) =>
    node.listTransactions?.(account, undefined, limit) ?? Promise.reject(new Error("it lists none"));

  it("takes a transaction that then is in a block, and says so when it is sent again", async () => {
    const { id, raw } = sign([transfer(ALICE.address, BOB.address, 5_000_000n)]);
    const receipt = await broadcast(raw);
    expect(receipt).toEqual({
      id,
      known: false,
      expires: { kind: "block-count", last: view.confirmed.height + 150, exact: true },
    });
    cluster.makeSlots(2);
    expect(await read(BOB.address, "slip44:501")).toEqual([{ height: view.confirmed.slot, amount: 5_000_000n }]);
    expect(await broadcast(raw)).toEqual({ id, known: true, expires: null });
    // It lives no longer than was said, and whoever sends it after that learns that a block has it.
    cluster.makeSlots(160);
    expect(await broadcast(raw)).toEqual({ id, known: true, expires: null });
  });

  it("tells a transaction that came too late from one that nobody can pay, and one that would fail", async () => {
    const old = view.confirmed.blockhash;
    cluster.makeSlots(160);
    const late = sign([transfer(ALICE.address, BOB.address, 5_000_000n)], old);
    expect((await failureOf(broadcast(late.raw))).code).toBe("transaction-expired");
    const dear = sign([transfer(ALICE.address, BOB.address, 10n ** 18n)]);
    expect((await failureOf(broadcast(dear.raw))).code).toBe("insufficient-funds");
    const penniless = sign([transfer(BOB.address, ALICE.address, 1n)], undefined, BOB);
    expect((await failureOf(broadcast(penniless.raw))).code).toBe("insufficient-funds");
    const failing = sign([initializeAccount(BOB.address, ALICE.address, BOB.address, TOKEN)]);
    expect((await failureOf(broadcast(failing.raw))).code).toBe("transaction-rejected");
  });

  it("tells what others pay, and what a signature costs", async () => {
    for (const price of [1_000n, 2_000n, 3_000n]) {
      send([...priorityFee(price, 10_000), transfer(ALICE.address, BOB.address, 1_000_000n)]);
    }
    const fees = await node.estimateFees?.({ writes: [BOB.address] });
    expect(fees).toMatchObject({ fixed: [{ per: "signature", amount: 5_000n }], newest: view.confirmed.slot });
    expect(fees?.rates.fast).toBeGreaterThan(0n);
    expect((await node.estimateFees?.({ writes: [MINT.address] }))?.rates.fast).toBe(0n);
  });

  it("lists transactions of an account from the newest, with their places, and says where its history ends", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const sent = [1, 2].map((n) => sign([transfer(ALICE.address, BOB.address, BigInt(1_000_000 * n + i))]));
      for (const { id, raw } of sent) {
        await broadcast(raw);
        ids.unshift(id);
      }
      cluster.makeSlots(2);
    }
    const { transactions, next, incomplete } = await list(BOB.address);
    expect([next, incomplete]).toEqual([undefined, null]);
    expect(transactions.map(({ id }) => id)).toEqual(ids);
    expect(transactions.map(({ index, status }) => [index, status])).toEqual(
      [1, 0, 1, 0, 1, 0].map((i) => [i, "success"]),
    );
    view.prune(3);
    const { incomplete: why, transactions: left } = await list(BOB.address);
    expect(left.length).toBeLessThan(6);
    expect(why).toBe(`node local has nothing before slot ${view.firstAvailable.slot}`);
    cluster.makeSlots(10);
    expect((await failureOf(list(BOB.address))).code).toBe("node-history-pruned");
  });

  it("says where it has not come so far yet", async () => {
    const { slot } = view.confirmed;
    expect((await failureOf(read(ALICE.address, "slip44:501", slot + 1))).code).toBe("node-block-missing");
    cluster.skipSlots(3);
    cluster.makeSlots(2);
    const [told] = await read(ALICE.address, "slip44:501", slot + 1);
    expect(told?.height).toBe(view.confirmed.slot);
    expect(view.confirmed.slot).toBeGreaterThan(slot + 3);
  });
});
