import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parseExact } from "../../src/plugins/solana/codec/exact-json.ts";

const root = fileURLToPath(new URL("../fixtures/solana/", import.meta.url));

export type TokenBalanceJson = {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner?: string;
  readonly uiTokenAmount: { readonly amount: string };
};

export type MetaJson = {
  readonly err: unknown;
  readonly fee: number;
  readonly preBalances: number[];
  readonly postBalances: number[];
  readonly preTokenBalances?: readonly TokenBalanceJson[] | null;
  readonly postTokenBalances?: readonly TokenBalanceJson[] | null;
  readonly loadedAddresses?: { readonly writable: readonly string[]; readonly readonly: readonly string[] };
};

export type TransactionJson = { readonly transaction: unknown; readonly meta: MetaJson };

export type BlockJson = {
  readonly blockhash: string;
  readonly previousBlockhash: string;
  readonly parentSlot: number;
  readonly blockTime: number | null;
  readonly transactions: readonly TransactionJson[];
  readonly rewards?: readonly { readonly pubkey: string; readonly lamports: number; readonly postBalance: number }[];
};

export type RecordedSlot = { readonly slot: number; readonly block: BlockJson };

/** A recorded file; `path` is without `.gz`. */
export function readSolanaFixture<T>(path: string): T {
  return parseExact(gunzipSync(readFileSync(`${root}${path}.gz`)), path) as T;
}

/** The paths of all recorded blocks that are whole in themselves, without `.gz`. */
export const RECORDED_SLOTS: readonly string[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /_\d{7,9}\.json\.gz$/.test(path))
  .map((path) => path.replace(/\.gz$/, ""))
  .sort();

/** A transaction that was recorded alone, as a block of its own. */
export function blockOf(transaction: TransactionJson, slot: number): BlockJson {
  return {
    blockhash: `block-${slot}`,
    previousBlockhash: `block-${slot - 1}`,
    parentSlot: slot - 1,
    blockTime: 1,
    transactions: [transaction],
    rewards: [],
  };
}
