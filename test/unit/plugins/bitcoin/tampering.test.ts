import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { resolveSpent } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { buildMerkleTree } from "../../../../src/plugins/bitcoin/verify/merkle-root.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import {
  findRecorded,
  networkNamed,
  type RecordedBlock,
  readBitcoinFixture,
  readBytes,
} from "../../../support/bitcoin-fixtures.ts";

type Opened = { readonly recorded: RecordedBlock; readonly bytes: Buffer; readonly name: string };

function open(path: string): Opened {
  const recorded = readBitcoinFixture<RecordedBlock>(path);
  return { recorded, bytes: Buffer.from(recorded.hex, "hex"), name: `${recorded.chain} ${recorded.network}` };
}

/** The field or the code with which a changed block is refused. */
function refusalOf({ recorded, bytes, name }: Opened, height = recorded.height): string {
  try {
    const network = networkNamed(name);
    const block = readBytes(bytes, height, network);
    const spent = recorded.prevouts && resolveSpent(block, network, findRecorded(recorded, network));
    verifyBlock(block, network, "full", spent && { outputs: spent, source: "ledger" });
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    return String(error.details["field"] ?? error.code);
  }
  return "none";
}

/** Makes the header commit to the block as changed, and easy enough to be worked out at once. */
function remine(bytes: Buffer, name: string, height: number): void {
  const network = networkNamed(name);
  buildMerkleTree(readBytes(bytes, height, network).ids).root.copy(bytes, 36);
  bytes.writeUInt32LE(0x207fffff, 72);
  while ((sha256d(bytes.subarray(0, 80))[31] as number) > 0x7f) bytes.writeUInt32LE(bytes.readUInt32LE(76) + 1, 76);
}

/** A recorded block on a network without work, changed and mined again: only what was changed is wrong. */
function remined(path: string, change: (bytes: Buffer) => Buffer): string {
  const opened = open(path);
  const bytes = change(opened.bytes);
  remine(bytes, opened.name, opened.recorded.height);
  const network = { ...networkNamed(opened.name), workLimit: 2n ** 255n - 1n };
  try {
    const block = readBytes(bytes, opened.recorded.height, network);
    const spent = opened.recorded.prevouts && resolveSpent(block, network, findRecorded(opened.recorded, network));
    verifyBlock(block, network, "full", spent && { outputs: spent, source: "ledger" });
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    return String(error.details["field"] ?? error.code);
  }
  return "none";
}

const SMALL = "spesmilo__electrumx/bitcoin/mainnet_100000.json";
const SEGWIT = "bcoin-org__bcoin/bitcoin/mainnet_482683.json";
const SPENDING = "bcoin-org__bcoin/bitcoin/mainnet_300025.json";
const MERGED = "trezor__blockbook/dogecoin/mainnet_371337.json";

/** The block with one byte changed. */
function flip(path: string, at: (opened: Opened) => number, mask = 1): string {
  const opened = open(path);
  const place = at(opened);
  opened.bytes[place] = (opened.bytes[place] as number) ^ mask;
  return refusalOf(opened);
}

function layoutOf({ bytes, recorded, name }: Opened) {
  return readBytes(bytes, recorded.height, networkNamed(name)).transactions;
}

describe("a changed header", () => {
  test.each([
    ["version", 0],
    ["parent", 4],
    ["merkle root", 36],
    ["time", 68],
    ["nonce", 76],
  ])("%s: the work no longer holds", (_what, at) => {
    expect(flip(SMALL, () => at)).toBe("proof of work");
  });

  test("bits: above the network's limit, or no target at all", () => {
    for (const bits of [0x1d010000, 0x207fffff, 0x1d800001, 0x1d000000, 0xff00ffff]) {
      const opened = open(SMALL);
      opened.bytes.writeUInt32LE(bits, 72);
      expect(refusalOf(opened)).toBe("bits");
    }
  });
});

describe("a changed body", () => {
  test("any byte of a transaction changes the merkle root", () => {
    const opened = open(SMALL);
    const { amount, scriptStart, outpoint, end } = layoutOf(opened);
    for (const at of [amount[0], scriptStart[1], outpoint[2], (end[3] ?? 0) - 1]) {
      expect(flip(SMALL, () => at as number)).toBe("merkleRoot");
    }
  });

  test("transactions in another order", () => {
    const opened = open(SMALL);
    const { start, end } = layoutOf(opened);
    const [a, b, c] = [1, 2, 3].map((i) => opened.bytes.subarray(start[i], end[i])) as [Buffer, Buffer, Buffer];
    const bytes = Buffer.concat([opened.bytes.subarray(0, start[1]), b, a, c]);
    expect(refusalOf({ ...opened, bytes })).toBe("merkleRoot");
  });

  test("a repeated run of transactions has the same merkle root and is refused all the same (CVE-2012-2459)", () => {
    const opened = open("bitcoinj__bitcoinj/bitcoin/mainnet_169482.json");
    const { start, end, count } = layoutOf(opened);
    // 14 transactions: the last two stand twice in the tree anyhow.
    const tail = opened.bytes.subarray(start[count - 2], end[count - 1]);
    const bytes = Buffer.concat([opened.bytes, tail]);
    bytes[80] = count + 2;
    expect(refusalOf({ ...opened, bytes })).toBe("transactions");
  });

  test("witnesses: no id covers them, the commitment does", () => {
    const opened = open(SEGWIT);
    const { bodyEnd, witnessEnd } = layoutOf(opened);
    const signed = witnessEnd.findIndex((end, i) => i > 0 && end !== bodyEnd[i]);
    expect(signed).toBeGreaterThan(0);
    expect(flip(SEGWIT, () => (witnessEnd[signed] as number) - 1)).toBe("witnessCommitment");
    expect(flip(SEGWIT, () => (witnessEnd[0] as number) - 1)).toBe("witnessCommitment");
  });

  test("the same height must be meant", () => {
    expect(refusalOf(open(SEGWIT), 482_684)).toBe("coinbase height");
  });
});

describe("a block that is mined again", () => {
  test("is accepted where nothing is wrong with it", () => {
    expect(remined(SPENDING, (bytes) => bytes)).toBe("none");
    expect(remined(SEGWIT, (bytes) => bytes)).toBe("none");
  });

  test("takes too much for its coinbase", () => {
    expect(
      remined(SPENDING, (bytes) => {
        const { amount } = layoutOf(open(SPENDING));
        bytes.writeBigUInt64LE(bytes.readBigUInt64LE(amount[0]) + 1n, amount[0]);
        return bytes;
      }),
    ).toBe("coinbase amount");
  });

  test("pays out more than is spent, or more than there is", () => {
    const { amount, firstOutput } = layoutOf(open(SPENDING));
    const at = amount[firstOutput[5] as number] as number;
    const pay = (value: bigint) => (bytes: Buffer) => {
      bytes.writeBigUInt64LE(value, at);
      return bytes;
    };
    expect(remined(SPENDING, pay(20_000_000_00000000n))).toBe("transaction 5");
    expect(remined(SPENDING, pay(21_000_000_00000001n))).toBe("amount in transaction 5");
    expect(remined(SPENDING, pay(2n ** 64n - 1n))).toBe("amount in transaction 5");
  });

  test("spends an output twice, or has a second coinbase", () => {
    const { outpoint } = layoutOf(open(SPENDING));
    expect(
      remined(SPENDING, (bytes) => {
        bytes.copy(bytes, outpoint[9], outpoint[3] as number, (outpoint[3] as number) + 36);
        return bytes;
      }),
    ).toBe("inputs");
    expect(
      remined(SPENDING, (bytes) => {
        bytes.copy(bytes, outpoint[9], outpoint[0] as number, (outpoint[0] as number) + 36);
        return bytes;
      }),
    ).toBe("coinbase");
  });

  test("has no coinbase", () => {
    const { outpoint } = layoutOf(open(SPENDING));
    expect(
      remined(SPENDING, (bytes) => {
        bytes[outpoint[0] as number] = 1;
        return bytes;
      }),
    ).toBe("transaction 0");
  });

  test("says another height", () => {
    const { outpoint } = layoutOf(open(SPENDING));
    expect(
      remined(SPENDING, (bytes) => {
        const at = (outpoint[0] as number) + 38;
        bytes[at] = (bytes[at] as number) + 1;
        return bytes;
      }),
    ).toBe("coinbase height");
  });

  test("has witnesses without a commitment", () => {
    expect(
      remined(SEGWIT, (bytes) => {
        const at = bytes.indexOf("6a24aa21a9ed", 0, "hex");
        bytes[at + 5] = 0;
        return bytes;
      }),
    ).toBe("witnesses");
  });
});

describe("merged mining", () => {
  const opened = open(MERGED);
  const { auxPow } = readBytes(opened.bytes, opened.recorded.height, networkNamed(opened.name));
  const at = (part: Uint8Array | undefined) => (part?.byteOffset ?? 0) - opened.bytes.byteOffset;

  test("the commitment binds this header: any change of it is refused", () => {
    for (const place of [4, 36, 68, 76]) expect(flip(MERGED, () => place)).toBe("auxPow commitment");
    expect(flip(MERGED, () => 2)).toBe("chain id");
  });

  test("each part of the proof is needed", () => {
    const place = (part: Uint8Array | undefined) =>
      flip(MERGED, (block) => at(part) + block.bytes.byteOffset - block.bytes.byteOffset);
    expect(place(auxPow?.coinbaseScript)).toBe("auxPow merkle root");
    expect(place(auxPow?.coinbaseBranch.hashes[0])).toBe("auxPow merkle root");
    expect(place(auxPow?.parent.merkleRoot)).toBe("auxPow merkle root");
    expect(place(auxPow?.chainBranch.hashes[0])).toBe("auxPow commitment");
    expect(flip(MERGED, () => at(auxPow?.parent.bytes) + 76)).toBe("parent proof of work");
    expect(flip(MERGED, () => at(auxPow?.parent.bytes) - 4)).toBe("auxPow commitment");
  });

  test("it counts only from the height on at which the network allows it", () => {
    expect(refusalOf(opened, 371_336)).toBe("auxPow");
  });
});
