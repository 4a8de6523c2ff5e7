import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { readPushes, writePush } from "../../../../src/plugins/bitcoin/codec/pushes.ts";
import type { BitcoinNetwork } from "../../../../src/plugins/bitcoin/networks/network.ts";
import { buildMerkleTree } from "../../../../src/plugins/bitcoin/verify/merkle-root.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import { buildBlock, buildCoinbase, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed, type RecordedBlock, readBitcoinFixture, readBytes } from "../../../support/bitcoin-fixtures.ts";

const signet = networkNamed("Bitcoin Signet");
const { hex, height } = readBitcoinFixture<RecordedBlock>("spesmilo__electrumx/bitcoin/signet_31500.json");

/** Neither the target nor the nonce is signed: what was changed is mined again, and only the signature can be wrong. */
function remine(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(hex, "hex");
  change(bytes);
  buildMerkleTree(readBytes(bytes, height, signet).ids).root.copy(bytes, 36);
  bytes.writeUInt32LE(0x207fffff, 72);
  while (!readBytes(bytes, height, signet).ref.hash.startsWith("0"))
    bytes.writeUInt32LE(bytes.readUInt32LE(76) + 1, 76);
  return bytes;
}

function judge(bytes: Buffer, differing: Partial<BitcoinNetwork> = {}, at = height): string {
  const network = { ...signet, workLimit: 2n ** 255n - 1n, ...differing };
  try {
    const { checks } = verifyBlock(readBytes(bytes, at, network), network, "full");
    return checks.find(({ check }) => check === "signature")?.result ?? "not listed";
  } catch (error) {
    if (error instanceof HeadwaterError) return String(error.details["field"]);
    throw error;
  }
}

describe("a recorded block of the public signet", () => {
  test("is signed by a keeper, whose signature covers neither target nor nonce", () => {
    expect(judge(Buffer.from(hex, "hex"))).toBe("passed");
    expect(judge(remine(() => {}))).toBe("passed");
  });

  test("is not, once anything that is signed was changed", () => {
    const { transactions } = readBytes(Buffer.from(hex, "hex"), height, signet);
    // Version, parent, time, the coinbase's input, another transaction.
    const coinbase = transactions.outpoint[0] as number;
    for (const at of [0, 5, 68, coinbase + 42, transactions.start[1] as number]) {
      const changed = remine((bytes) => {
        bytes[at] = (bytes[at] as number) ^ 1;
      });
      expect([at, judge(changed)]).toEqual([at, "signature"]);
    }
  });

  test("is not, once the solution was changed or taken away", () => {
    const solution = Buffer.from(hex, "hex").indexOf("ecc7daa2", 0, "hex");
    expect(solution).toBeGreaterThan(0);
    for (const at of [0, 3, 4, 5, 6, 7, 10, 40, 75]) {
      const changed = remine((bytes) => {
        bytes[solution + at] = (bytes[solution + at] as number) ^ 1;
      });
      expect([at, judge(changed)]).toEqual([at, "signature"]);
    }
  });

  test("is not by other keepers, and challenges that are no choice of keys are left out", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    expect(judge(Buffer.from(hex, "hex"), { challenge: `5121${compressed(publicKey)}51ae` })).toBe("signature");
    expect(judge(Buffer.from(hex, "hex"), { challenge: "51" })).toBe("skipped");
    expect(judge(Buffer.from(hex, "hex"), { challenge: signet.challenge?.replace(/^51/, "52") as string })).toBe(
      "skipped",
    );
    const { challenge: _, ...unsigned } = signet;
    expect(
      verifyBlock(readBytes(Buffer.from(hex, "hex"), height, unsigned), unsigned, "full").checks,
    ).not.toContainEqual(expect.objectContaining({ check: "signature" }));
  });
});

test("a signet of one's own is held to its own key", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const challenge = `5121${compressed(publicKey)}51ae`;
  const network = { ...signet, challenge, workLimit: 2n ** 255n - 1n, coinbaseHeightFrom: 1 };
  const build = (solution: Buffer) => {
    const commitment = Buffer.concat([
      Buffer.from("6a24aa21a9ed", "hex"),
      createHash("sha256")
        .update(createHash("sha256").update(Buffer.alloc(64)).digest())
        .digest(),
      writePush(Buffer.concat([Buffer.from("ecc7daa2", "hex"), solution])),
    ]);
    const outputs = [
      { amount: 50n, script: payTo(1) },
      { amount: 0n, script: commitment.toString("hex") },
    ];
    const plain = buildCoinbase(outputs, "5100");
    const witnessed = Buffer.concat([
      plain.subarray(0, 4),
      Buffer.of(0, 1),
      plain.subarray(4, -4),
      Buffer.of(1, 32),
      Buffer.alloc(32),
      plain.subarray(-4),
    ]);
    return buildBlock([witnessed], 1, network);
  };
  // What is signed is the block with an empty solution, whose merkle root is its one transaction.
  const unsigned = build(Buffer.alloc(0));
  const message = messageOf(unsigned.bytes, Buffer.from(challenge, "hex"));
  const once = createHash("sha256").update(message).digest();
  const signature = sign("sha256", once, { key: privateKey, dsaEncoding: "der" });
  const script = Buffer.concat([Buffer.of(0), writePush(Buffer.concat([signature, Buffer.of(1)]))]);
  const signed = build(Buffer.concat([Buffer.of(script.length), script, Buffer.of(0)]));
  expect(judge(signed.bytes, network, 1)).toBe("passed");
  expect(judge(signed.bytes, { ...network, challenge: signet.challenge as string }, 1)).toBe("signature");
  expect(judge(unsigned.bytes, network, 1)).toBe("signature");
});

test("pushes of a script", () => {
  for (const size of [1, 75, 76, 255, 256, 700]) {
    const data = Buffer.alloc(size, 7);
    expect(readPushes(Buffer.concat([Buffer.of(0x6a), writePush(data), Buffer.of(0xac)]))).toEqual([
      { opcode: 0x6a, data: Buffer.alloc(0) },
      { opcode: size < 76 ? size : size < 256 ? 0x4c : 0x4d, data },
      { opcode: 0xac, data: Buffer.alloc(0) },
    ]);
  }
  expect(readPushes(Buffer.from("6a05ffff", "hex"))).toHaveLength(1);
  expect(readPushes(Buffer.from("514e01", "hex"))).toHaveLength(1);
  expect(readPushes(Buffer.from("4e02000000abcd", "hex"))).toEqual([
    { opcode: 0x4e, data: Buffer.from("abcd", "hex") },
  ]);
});

function compressed(key: KeyObject): string {
  const point = key.export({ format: "der", type: "spki" }).subarray(-65);
  return `${(point[64] as number) & 1 ? "03" : "02"}${point.toString("hex", 1, 33)}`;
}

/** BIP325's message for a block of one transaction, written down a second time. */
function messageOf(block: Buffer, challenge: Buffer): Buffer {
  const hash = (bytes: Uint8Array) => createHash("sha256").update(createHash("sha256").update(bytes).digest()).digest();
  const asked = `0000000000000000${challenge.length.toString(16).padStart(2, "0")}${challenge.toString("hex")}`;
  const data = Buffer.concat([block.subarray(0, 68), block.subarray(68, 72)]).toString("hex");
  const holder = `0000000001${"00".repeat(32)}ffffffff4a0048${data}0000000001${asked}00000000`;
  const script = asked.slice(16);
  const from = hash(Buffer.from(holder, "hex")).toString("hex");
  return Buffer.from(`0000000001${from}00000000${script}00000000010000000000000000016a0000000001000000`, "hex");
}
