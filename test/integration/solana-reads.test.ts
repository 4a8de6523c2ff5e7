import { beforeEach, describe, expect, it } from "vitest";
import type { ChainNode } from "../../src/core/contracts/plugin.ts";
import { connectNode } from "../../src/plugins/solana/node.ts";
import { TestTransport } from "../../src/testing/chain/test-transport.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../src/testing/solana/cluster-wire.ts";
import { NodeView } from "../../src/testing/solana/node-view.ts";
import { TOKEN, TOKEN_2022 } from "../../src/testing/solana/programs/programs.ts";
import { createAccount } from "../../src/testing/solana/programs/system.ts";
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
