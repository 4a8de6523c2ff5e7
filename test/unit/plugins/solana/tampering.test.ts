import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";
import { verifyBlock } from "../../../../src/plugins/solana/verify/verify-block.ts";
import { type BlockJson, type RecordedSlot, readSolanaFixture } from "../../../support/solana-fixtures.ts";

type Mutable = { -readonly [K in keyof BlockJson]: BlockJson[K] } & Record<string, unknown>;

const path = "helius-labs__photon/devnet_314167369.json";

/** What is said of a recorded block after one change. */
function judge(change: (block: Mutable) => void, asked: { height: number; hash?: string } = { height: 314167369 }) {
  const { block } = readSolanaFixture<RecordedSlot>(path);
  change(block as Mutable);
  try {
    verifyBlock(readBlock(block, { node: "n", asked: asked as never }), "full");
    return "passed";
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const transaction = (block: Mutable, i: number) => block.transactions[i] as unknown as Record<string, never>;

describe("a recorded block with one change", () => {
  test("unchanged, it passes", () => expect(judge(() => {})).toBe("passed"));

  test("a byte of a message changed", () => {
    const said = judge((block) => {
      const encoded = transaction(block, 2)["transaction"] as unknown as string[];
      const bytes = Buffer.from(encoded[0] as string, "base64");
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      encoded[0] = bytes.toString("base64");
    });
    expect(said).toMatch(/^integrity-violation: .*signature 0 of transaction 2/);
  });

  test("every byte of a transaction is covered: its signature, its message, its length", () => {
    const { block } = readSolanaFixture<RecordedSlot>(path);
    const text = (transaction(block as Mutable, 3)["transaction"] as unknown as string[])[0] as string;
    const { length } = Buffer.from(text, "base64");
    for (let at = 0; at < length; at++) {
      const said = judge((changed) => {
        const encoded = transaction(changed, 3)["transaction"] as unknown as string[];
        const bytes = Buffer.from(text, "base64");
        bytes[at] = (bytes[at] as number) ^ 0x10;
        encoded[0] = bytes.toString("base64");
      });
      expect(said).toMatch(/^(integrity-violation|node-bad-response): /);
    }
    const cut = judge((changed) => {
      const encoded = transaction(changed, 3)["transaction"] as unknown as string[];
      encoded[0] = Buffer.from(text, "base64").subarray(0, -1).toString("base64");
    });
    expect(cut).toMatch(/^node-bad-response: .*transactions\[3\], byte \d+: /);
  });

  test.each([
    ["a balance raised", "postBalances", /balances of transaction 5/],
    ["a balance before raised", "preBalances", /balances of transaction 5/],
  ])("%s", (_name, key, expected) => {
    const said = judge((block) => {
      const meta = transaction(block, 5)["meta"] as unknown as Record<string, number[]>;
      (meta[key] as number[])[1] = ((meta[key] as number[])[1] as number) + 1;
    });
    expect(said).toMatch(expected);
  });

  test("a balance left out, a transaction twice, a fee changed", () => {
    const meta = (block: Mutable) =>
      transaction(block, 4)["meta"] as unknown as { postBalances: number[]; fee: number };
    expect(judge((block) => meta(block).postBalances.pop())).toMatch(/node-bad-response: .*postBalances: expected/);
    expect(judge((block) => (block.transactions as unknown[]).push(block.transactions[4]))).toMatch(
      /integrity-violation: .*transaction 18.* again/,
    );
    expect(judge((block) => (meta(block).fee += 1))).toMatch(/integrity-violation: .*balances of transaction 4/);
  });

  test("another block than asked, a parent above it, a parent that the node no longer has", () => {
    expect(judge(() => {}, { height: 314167369, hash: "another" })).toMatch(/^node-wrong-block: /);
    expect(judge((block) => (block.parentSlot = 314167369))).toMatch(
      /node-bad-response: .*parentSlot: expected a slot before/,
    );
    expect(judge((block) => (block.previousBlockhash = "1".repeat(32)))).toMatch(
      /previousBlockhash: expected the parent's hash/,
    );
  });

  test("rewards beyond what they leave", () => {
    const said = judge((block) => {
      (block.rewards as unknown as Record<string, number>[])[0] = { ...block.rewards?.[0], postBalance: 5 } as never;
    });
    expect(said).toMatch(/integrity-violation: .*reward 0/);
  });
});

test.each(["block_no_preBalances", "block_without_parent_hash"])("the recorded malformed %s is refused", (name) => {
  const block = readSolanaFixture<unknown>(`coinbase__chainstorage/${name}.json`);
  expect(() => readBlock(block, { node: "n", asked: { height: 195545750 } })).toThrow(
    expect.objectContaining({ code: "node-bad-response" }),
  );
});

test.each([null, [], "x", 7, {}, { blockhash: 1 }])("%j instead of a block is refused", (value) => {
  expect(() => readBlock(value, { node: "n", asked: { height: 5 } })).toThrow(
    expect.objectContaining({ code: "node-bad-response" }),
  );
});
