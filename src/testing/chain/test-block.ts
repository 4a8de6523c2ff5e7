import { createHash } from "node:crypto";
import type { BlockRef, LedgerTransaction, Observation } from "../../core/model.ts";
import type { CoinTransaction } from "./test-coins.ts";

/** A block of a chain that exists only for tests: already in ledger form. */
export type TestBlock = {
  readonly ref: BlockRef;
  readonly transactions: readonly LedgerTransaction[];
  readonly observations: readonly Observation[];
  /** Where the chain's coins are outputs: what nodes tell instead of all that, and what the hash is of. */
  readonly coins?: readonly CoinTransaction[];
};

/** What a block's hash is of: its ref but for the hash, and the hash over its transactions and observations. */
export type TestHeader = { readonly ref: BlockRef; readonly body: string };

/**
 * Builds a block with the hash of its content: `7-main-` and 16 hex digits, so that a failing test can be read and a
 * changed block be found.
 * @param branch letters and digits
 */
export function buildTestBlock(
  branch: string,
  ref: Omit<BlockRef, "hash">,
  transactions: readonly LedgerTransaction[],
  observations: readonly Observation[] = [],
  coins?: readonly CoinTransaction[],
): TestBlock {
  const content = { transactions, observations, ...(coins && { coins }) };
  const hash = hashTestHeader({ ref: { ...ref, hash: "" }, body: hashBody(content) }, branch);
  return { ref: { ...ref, hash }, ...content };
}

/** The hash that the header has by its content, on the branch that its own hash names unless another is given. */
export function hashTestHeader({ ref, body }: TestHeader, branch = branchOf(ref.hash)): string {
  const { height, parentHash, parentHeight, time } = ref;
  const digest = sha256([height, branch, parentHash, parentHeight, time, body].join(" "));
  return `${height}-${branch}-${digest.slice(0, 16)}`;
}

const headers = new WeakMap<TestBlock, TestHeader>();

export function headerOf(block: TestBlock): TestHeader {
  let header = headers.get(block);
  if (!header) {
    header = { ref: block.ref, body: hashBody(block) };
    headers.set(block, header);
  }
  return header;
}

/** The branch that a hash names; empty where it names none. */
function branchOf(hash: string): string {
  return /^\d+-([a-z0-9]+)-[0-9a-f]{16}$/.exec(hash)?.[1] ?? "";
}

function hashBody({ transactions, observations, coins }: Omit<TestBlock, "ref">): string {
  return sha256(writeTestJson(coins ? [coins] : [transactions, observations]));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON in which a bigint is a text of digits and an `n`. */
export function writeTestJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}

/** @throws SyntaxError */
export function readTestJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string" && /^-?\d+n$/.test(part) ? BigInt(part.slice(0, -1)) : part,
  );
}
