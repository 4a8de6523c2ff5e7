import { describe, expect, test } from "vitest";
import type { Movement } from "../../../../src/core/model.ts";
import { decodeBlock, NATIVE_ASSET } from "../../../../src/plugins/solana/decode/decode-block.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";
import { verifyBlock } from "../../../../src/plugins/solana/verify/verify-block.ts";
import {
  type BlockJson,
  blockOf,
  RECORDED_SLOTS,
  type RecordedSlot,
  readSolanaFixture,
  type TransactionJson,
} from "../../../support/solana-fixtures.ts";

type Alone = { readonly slot: number; readonly signature: string; readonly tx: TransactionJson };

const recorded = RECORDED_SLOTS.map((path) => {
  const { slot, block } = readSolanaFixture<RecordedSlot>(path);
  return { name: path, slot, block };
});
const alone = readSolanaFixture<readonly Alone[]>("jowency-me__solana-tx-parser/mainnet_transactions.json").map(
  ({ slot, signature, tx }) => ({ name: signature, slot, block: blockOf(tx, slot) }),
);

const read = (block: BlockJson, slot: number) => readBlock(block, { node: "recorded", asked: { height: slot } });

function sumBy(movements: readonly Movement[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, asset, delta } of movements) {
    const key = `${account} ${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + delta);
    if (sums.get(key) === 0n) sums.delete(key);
  }
  return sums;
}

/** What the recorded balances say, worked out without the plugin's reading of them. */
function expectedSums({ transactions, rewards = [] }: BlockJson, keysOf: (i: number) => readonly string[]) {
  const sums = new Map<string, bigint>();
  const add = (account: string, asset: string, delta: bigint) => {
    const key = `${account} ${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + delta);
    if (sums.get(key) === 0n) sums.delete(key);
  };
  for (const [i, { meta }] of transactions.entries()) {
    const keys = keysOf(i);
    for (const [place, before] of meta.preBalances.entries()) {
      add(keys[place] as string, NATIVE_ASSET, BigInt(meta.postBalances[place] as number) - BigInt(before));
    }
    // Where the node did not record the owner, the token account stands for it.
    for (const { accountIndex, owner, mint, uiTokenAmount } of meta.preTokenBalances ?? []) {
      add(owner ?? (keys[accountIndex] as string), `token:${mint}`, -BigInt(uiTokenAmount.amount));
    }
    for (const { accountIndex, owner, mint, uiTokenAmount } of meta.postTokenBalances ?? []) {
      add(owner ?? (keys[accountIndex] as string), `token:${mint}`, BigInt(uiTokenAmount.amount));
    }
  }
  for (const { pubkey, lamports } of rewards) add(pubkey, NATIVE_ASSET, BigInt(lamports));
  return sums;
}

test("all recorded blocks and transactions are there", () => {
  expect([recorded.length, alone.length]).toEqual([9, 62]);
});

describe.each([...recorded, ...alone])("$name", ({ slot, block }) => {
  const parsed = read(block, slot);

  test("passes every check but those that nodes' answers do not allow", () => {
    const { ref, checks } = verifyBlock(parsed, "full");
    expect(ref).toMatchObject({ height: slot, hash: block.blockhash, parentHash: block.previousBlockhash });
    expect(ref.parentHeight).toBe(block.parentSlot);
    const skipped = checks.flatMap(({ check, result }) => (result === "skipped" ? check : []));
    const encoded = block.transactions.every(({ transaction }) => Array.isArray(transaction));
    expect(skipped).toEqual(encoded ? ["blockHash", "bankHash"] : ["signatures", "blockHash", "bankHash"]);
  });

  test.each(["kept", "by-programs", "by-accounts"] as const)(
    "its movements are the recorded differences (votes %s)",
    (votes) => {
      const { transactions } = decodeBlock(parsed, votes);
      const sums = sumBy(transactions.flatMap(({ movements }) => movements));
      expect(sums).toEqual(expectedSums(block, (i) => parsed.transactions[i]?.keys ?? []));
    },
  );

  test("its lamports add up to rewards less fees", () => {
    const { transactions } = decodeBlock(parsed, "by-programs");
    const lamports = transactions.flatMap(({ movements }) => movements).filter(({ asset }) => asset === NATIVE_ASSET);
    const moved = lamports.reduce((sum, { delta }) => sum + delta, 0n);
    const fees = block.transactions.reduce((sum, { meta }) => sum + BigInt(meta.fee), 0n);
    const rewards = (block.rewards ?? []).reduce((sum, { lamports: amount }) => sum + BigInt(amount), 0n);
    expect(moved).toBe(rewards - fees);
  });

  test("its observations are the last balances told of the accounts that changed", () => {
    const { transactions, observations } = decodeBlock(parsed, "kept");
    const last = new Map<string, bigint>();
    for (const { keys, meta } of parsed.transactions) {
      for (const [i, key] of keys.entries()) last.set(key, meta.after[i] as bigint);
    }
    for (const { account, after } of parsed.rewards) if (after !== undefined) last.set(account, after);
    for (const { account, amount } of observations) expect([account, amount]).toEqual([account, last.get(account)]);
    const moved = new Set(
      transactions.flatMap(({ movements }) =>
        movements.flatMap(({ account, asset }) => (asset === NATIVE_ASSET ? account : [])),
      ),
    );
    expect(new Set(observations.map(({ account }) => account))).toEqual(moved);
  });
});

test("ids are the first signatures, failed transactions say so and pay their fee alone", () => {
  for (const { slot, block } of [...recorded, ...alone]) {
    const { transactions } = decodeBlock(read(block, slot), "kept");
    for (const [i, { meta }] of block.transactions.entries()) {
      const { id, index, status, fee, movements } = transactions[i] as (typeof transactions)[number];
      expect([index, status]).toEqual([i, meta.err == null ? "success" : "failed"]);
      expect(id).toMatch(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/);
      expect(fee?.amount).toBe(BigInt(meta.fee));
      if (status === "failed") expect(movements.map(({ kind }) => kind)).toEqual(["fee"]);
    }
  }
  for (const { name, slot, block } of alone) {
    expect(decodeBlock(read(block, slot), "kept").transactions[0]?.id).toBe(name);
  }
});

test("the two encodings of one block have the same ledger", () => {
  const [json, parsed] = ["block_100000000", "block_v2_100000000"].map((name) => {
    const { slot, block } = readSolanaFixture<RecordedSlot>(`coinbase__chainstorage/${name}.json`);
    return decodeBlock(read(block, slot), "by-programs");
  });
  expect(json).toEqual(parsed);
});

test("accounts alone tell the same balances as the whole transaction", () => {
  for (const { slot, block } of recorded) {
    const whole = read(block, slot);
    const accounts: BlockJson = {
      ...block,
      transactions: block.transactions.map(({ meta }, i) => ({
        meta,
        transaction: {
          signatures: whole.transactions[i]?.signatures,
          accountKeys: whole.transactions[i]?.keys.map((pubkey) => ({ pubkey, signer: false, writable: true })),
        },
      })),
    };
    const bare = read(accounts, slot);
    expect(decodeBlock(bare, "by-accounts")).toEqual(decodeBlock(whole, "by-accounts"));
    expect(decodeBlock(bare, "kept")).toEqual(decodeBlock(whole, "kept"));
    // In all that was recorded, both rules call the same transactions votes.
    expect(decodeBlock(bare, "by-accounts")).toEqual(decodeBlock(whole, "by-programs"));
    expect(() => decodeBlock(bare, "by-programs")).toThrow(expect.objectContaining({ code: "node-bad-response" }));
  }
});
