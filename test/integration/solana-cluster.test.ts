import {
  Connection,
  LAMPORTS_PER_SOL,
  PublicKey,
  SystemProgram,
  Transaction,
  Keypair as Web3Keypair,
} from "@solana/web3.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { SOLANA_SEATS, SolanaNode, type SolanaSeat } from "../../src/testing/solana/solana-node.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";

const [JUNIPER, LARCH] = SOLANA_SEATS as readonly [SolanaSeat, SolanaSeat];
const ALICE = Keypair.named("alice");
const BOB = Keypair.named("bob");
const alice = Web3Keypair.fromSecretKey(ALICE.secretKey);
const bob = new PublicKey(BOB.address);

describe("the local cluster, asked by web3.js", () => {
  let cluster: SolanaCluster;
  let nodes: SolanaNode[];
  let connection: Connection;

  beforeEach(async () => {
    cluster = new SolanaCluster({ finalizedBlocks: 4 });
    nodes = [await SolanaNode.start(cluster, JUNIPER), await SolanaNode.start(cluster, LARCH)];
    connection = connect(nodes[0] as SolanaNode);
    cluster.airdrop(ALICE.address, 100n * BigInt(LAMPORTS_PER_SOL));
    cluster.makeSlots(6);
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  function transfer(lamports: number): Transaction {
    return new Transaction().add(SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob, lamports }));
  }

  it("says that it is no validator", async () => {
    const { "solana-core": version } = await connection.getVersion();
    expect(version).toContain("not a validator");
    expect(await connection.getGenesisHash()).toBe(cluster.genesisHash);
    const ask = { jsonrpc: "2.0", id: 1, method: "getIdentity" };
    expect(new Set(await Promise.all(nodes.map(({ url }) => post(url, ask)))).size).toBe(2);
  });

  it("executes a transfer, and tells of it at each commitment in its time", async () => {
    const signature = await connection.sendTransaction(transfer(5_000_000), [alice]);
    const { slot } = cluster.makeSlot();
    const statusOf = async () => (await connection.getSignatureStatus(signature)).value?.confirmationStatus;
    expect(await statusOf()).toBe("processed");
    expect(await connection.getBalance(bob, "processed")).toBe(5_000_000);
    expect(await connection.getBalance(bob, "confirmed")).toBe(0);
    cluster.makeSlot();
    expect(await statusOf()).toBe("confirmed");
    expect(await connection.getBalance(bob, "confirmed")).toBe(5_000_000);
    cluster.makeSlots(3);
    expect(await statusOf()).toBe("finalized");
    const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(found).toMatchObject({ slot, meta: { err: null, fee: 5_000 } });
    expect((await connection.getSignaturesForAddress(bob)).map((each) => each.signature)).toEqual([signature]);
  });

  it("refuses in the preflight what would fail, with the program's own words", async () => {
    await expect(connection.sendTransaction(transfer(1_000 * LAMPORTS_PER_SOL), [alice])).rejects.toThrow(
      /Error processing Instruction 0: custom program error: 0x1/,
    );
  });

  it("gives byte-equal blocks at both nodes", async () => {
    await connection.sendTransaction(transfer(7_000_000), [alice]);
    cluster.makeSlots(6);
    const ask = { jsonrpc: "2.0", id: 1, method: "getBlock", params: [7, { encoding: "base64" }] };
    const [one, other] = await Promise.all(nodes.map(({ url }) => post(url, ask)));
    expect(one).toContain('"postBalances"');
    expect(other).toBe(one);
  });
});

function connect({ url, wsUrl }: SolanaNode): Connection {
  return new Connection(url, { commitment: "confirmed", wsEndpoint: wsUrl });
}

async function post(url: string, body: unknown): Promise<string> {
  const headers = { "content-type": "application/json" };
  return await (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).text();
}
