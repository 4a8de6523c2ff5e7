import { SystemProgram, Transaction, Keypair as Web3Keypair } from "@solana/web3.js";
import bs58 from "bs58";
import { describe, expect, it } from "vitest";
import { TOKEN } from "../../../../../src/testing/solana/programs/programs.ts";
import { transfer } from "../../../../../src/testing/solana/programs/system.ts";
import { burn } from "../../../../../src/testing/solana/programs/token.ts";
import { Keypair } from "../../../../../src/testing/solana/wire/keypair.ts";
import { type Instruction, signTransaction } from "../../../../../src/testing/solana/wire/message.ts";
import { failureOf } from "../../../../support/failure-of.ts";
import { ScriptedRpcError } from "../../../../support/scripted-node.ts";
import { openSolanaNode, type SolanaMethods } from "../../../../support/solana-node.ts";
import { slotHash } from "../../../../support/solana-slots.ts";

const ALICE = Keypair.named("alice");
const BOB = Keypair.named("bob");
const BLOCKHASH = slotHash(60);

function sign(instructions: readonly Instruction[] = [transfer(ALICE.address, BOB.address, 5n)]) {
  const { signature, wire } = signTransaction({ payer: ALICE, instructions, blockhash: BLOCKHASH });
  return { id: signature, raw: Buffer.from(wire).toString("base64") };
}

const at = (slot: number, value: unknown) => ({ context: { slot }, value });

function open(methods: SolanaMethods = {}) {
  return openSolanaNode({
    isBlockhashValid: () => at(70, true),
    getLatestBlockhash: () => at(71, { blockhash: slotHash(71), lastValidBlockHeight: 221 }),
    sendTransaction: () => sign().id,
    ...methods,
  });
}

const failing = (code: number, message: string, data: unknown = { err: "x", logs: [] }) => ({
  sendTransaction: () => {
    throw new ScriptedRpcError({ code, message, data });
  },
});

describe("a transaction", () => {
  it("is tried out first, sent on a bounded number of times, and lives until a block count", async () => {
    const { node, server } = await open();
    const { id, raw } = sign();
    expect(await node.broadcast?.(raw)).toEqual({
      id,
      known: false,
      expires: { kind: "block-count", last: 221, exact: false },
    });
    expect(server.requests.at(-1)?.calls[0]?.params).toEqual([
      raw,
      { encoding: "base64", skipPreflight: false, preflightCommitment: "confirmed", maxRetries: 30 },
    ]);
    expect(server.requests[1]?.calls[0]?.params).toEqual([{ commitment: "confirmed", minContextSlot: 70 }]);
  });

  it("lives exactly so long where its blockhash is the newest", async () => {
    const { node } = await open({
      getLatestBlockhash: () => at(70, { blockhash: BLOCKHASH, lastValidBlockHeight: 220 }),
    });
    expect((await node.broadcast?.(sign().raw))?.expires).toEqual({ kind: "block-count", last: 220, exact: true });
  });

  it("lives as long as the node says once it knows a blockhash that was too new before", async () => {
    let asked = 0;
    const { node } = await open({ isBlockhashValid: () => at(70, ++asked > 1) });
    expect((await node.broadcast?.(sign().raw))?.expires).toEqual({ kind: "block-count", last: 221, exact: false });
  });

  it("with a durable nonce lives until that is advanced", async () => {
    const payer = Web3Keypair.fromSecretKey(ALICE.secretKey);
    const nonce = Web3Keypair.fromSecretKey(Keypair.named("nonce").secretKey).publicKey;
    const nonceInstruction = SystemProgram.nonceAdvance({ noncePubkey: nonce, authorizedPubkey: payer.publicKey });
    const made = new Transaction({ feePayer: payer.publicKey, nonceInfo: { nonce: BLOCKHASH, nonceInstruction } });
    made.add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: nonce, lamports: 5 }));
    made.sign(payer);
    const id = bs58.encode(made.signature as Buffer);
    const { node, server } = await open({ sendTransaction: () => id });
    expect(await node.broadcast?.(made.serialize().toString("base64"))).toEqual({
      id,
      known: false,
      expires: { kind: "nonce", account: nonce.toBase58(), value: BLOCKHASH },
    });
    expect(server.methods).toEqual(["sendTransaction"]);
  });

  it("that was processed already is a success", async () => {
    const { node } = await open(
      failing(-32002, "Transaction simulation failed: This transaction has already been processed"),
    );
    const { id, raw } = sign();
    expect(await node.broadcast?.(raw)).toEqual({ id, known: true, expires: null });
  });

  it("whose blockhash is dead is a success where a block has it, and expired where none does", async () => {
    const dead = failing(-32002, "Transaction simulation failed: Blockhash not found");
    const { id, raw } = sign();
    const isBlockhashValid = () => at(70, false);
    const landed = await open({
      ...dead,
      isBlockhashValid,
      getSignatureStatuses: () => at(70, [{ slot: 5, err: null }]),
    });
    expect(await landed.node.broadcast?.(raw)).toEqual({ id, known: true, expires: null });
    const lost = await open({ ...dead, isBlockhashValid, getSignatureStatuses: () => at(70, [null]) });
    expect(await failureOf(lost.node.broadcast?.(raw) as Promise<unknown>)).toMatchObject({
      code: "transaction-expired",
      retry: { sameNode: false, otherNode: true },
      details: { transaction: id, node: "acme-eu" },
    });
  });

  const transferOf = () => sign().raw;
  const burnOf = () => sign([burn(BOB.address, slotHash(1), ALICE.address, 5n, TOKEN)]).raw;
  it.each<[string, string, number, () => string]>([
    ["insufficient-funds", "Transaction simulation failed: Insufficient funds for fee", -32002, transferOf],
    [
      "insufficient-funds",
      "Transaction simulation failed: Attempt to debit an account but found no record of a prior credit.",
      -32002,
      transferOf,
    ],
    [
      "insufficient-funds",
      "Transaction simulation failed: Transaction results in an account (1) with insufficient funds for rent",
      -32002,
      transferOf,
    ],
    [
      "insufficient-funds",
      "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1",
      -32002,
      transferOf,
    ],
    [
      "insufficient-funds",
      "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1",
      -32002,
      burnOf,
    ],
    [
      "transaction-rejected",
      "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x11",
      -32002,
      burnOf,
    ],
    [
      "transaction-rejected",
      "Transaction simulation failed: Error processing Instruction 3: custom program error: 0x1",
      -32002,
      transferOf,
    ],
    [
      "transaction-rejected",
      "Transaction simulation failed: This program may not be used for executing instructions",
      -32002,
      transferOf,
    ],
    ["transaction-invalid", "Transaction signature verification failure", -32003, transferOf],
    [
      "transaction-invalid",
      "invalid transaction: Transaction failed to sanitize accounts offsets correctly",
      -32602,
      transferOf,
    ],
    ["node-rpc-error", "Node is behind by 42 slots", -32005, transferOf],
    ["node-throttled", "Too many requests for a specific RPC call", 429, transferOf],
    ["node-method-unsupported", "Method not found", -32601, transferOf],
  ])("is %s where the node says: %s", async (expected, message, code, make) => {
    const { node } = await open(failing(code, message));
    expect((await failureOf(node.broadcast?.(make()) as Promise<unknown>)).code).toBe(expected);
  });

  it("that the node calls by another name is the node's fault", async () => {
    const { node } = await open({ sendTransaction: () => slotHash(3) });
    expect((await failureOf(node.broadcast?.(sign().raw) as Promise<unknown>)).code).toBe("node-bad-response");
  });

  const { raw } = sign();
  const bytes = Buffer.from(raw, "base64");
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(70) ^ 1, 70);
  const unsigned = Buffer.concat([Buffer.from([0]), bytes.subarray(65)]);
  const long = Buffer.alloc(1_233, 1);
  it.each<[string, string]>([
    ["nothing", ""],
    ["no base64", "§§§§"],
    ["base58", bs58.encode(bytes)],
    ["cut short", bytes.subarray(0, -1).toString("base64")],
    ["longer than it is", Buffer.concat([bytes, Buffer.from([0])]).toString("base64")],
    ["larger than a packet", long.toString("base64")],
    ["not signed", unsigned.toString("base64")],
    ["signed for something else", flipped.toString("base64")],
  ])("that is %s is sent to no node", async (_, text) => {
    const { node, server } = await open();
    expect((await failureOf(node.broadcast?.(text) as Promise<unknown>)).code).toBe("transaction-invalid");
    expect(server.requests).toEqual([]);
  });
});
