import type { ErrorCode } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { Alteration, Asked, DialectCall, FaultDialect, Place } from "../faulty-node/fault-dialect.ts";
import { hashTestHeader, headerOf, type TestBlock, type TestHeader } from "./test-block.ts";
import type { CoinTransaction } from "./test-coins.ts";
import { TEST_METHODS, type TestPlace } from "./test-protocol.ts";

/** How to lie in the test family's protocol. Amounts are texts here, as they stand in the JSON. */
export const testDialect: FaultDialect = {
  asked({ method, params }): Asked | undefined {
    const [first, second] = params;
    if (method === TEST_METHODS.balances) return { answer: "detail", at: { hash: String(second) } };
    if (method !== TEST_METHODS.header && method !== TEST_METHODS.block) return undefined;
    return { answer: "block", at: readPlace(first as TestPlace) };
  },
  moveTo({ method, params }, at) {
    const place = writePlace(at);
    return { method, params: method === TEST_METHODS.balances ? [params[0], place] : [place] };
  },
  headerCall: (at) => ({ method: TEST_METHODS.header, params: [writePlace(at)] }),
  heightResult: (height) => height,
  readBlock: (result) => (result as { readonly ref: BlockRef } | null)?.ref,
  forge(result, salt, parentHash) {
    const block = result as TestHeader | TestBlock;
    const ref = { ...block.ref, parentHash };
    const body = "body" in block ? block.body : headerOf(block).body;
    const hash = hashTestHeader({ ref, body }, salt);
    return { hash, result: { ...block, ref: { ...ref, hash } } };
  },
  shiftTime(result, seconds) {
    const block = result as TestBlock;
    return { ...block, ref: { ...block.ref, time: block.ref.time + 1000 * seconds } };
  },
  alter,
  readNews(message) {
    const { method, params } = (message ?? {}) as { method?: string; params?: readonly unknown[] };
    if (method !== TEST_METHODS.tip || !params) return undefined;
    return { header: params[0], with: (header) => ({ ...(message as object), params: [header] }) };
  },
};

/** The same on chains that skip heights. */
export const slotsDialect: FaultDialect = {
  ...testDialect,
  heightsCall: (from, to) => ({ method: TEST_METHODS.heights, params: [from, to] }),
  heights: {
    isList: ({ method }) => method === TEST_METHODS.heights,
    readList: (result) => result as readonly number[],
    writeList: (heights) => heights,
    skipped: () => refusal("node-block-skipped"),
    isSkipped: (error) => (error as { readonly data?: string }).data === "node-block-skipped",
    pruned: () => refusal("node-history-pruned"),
  },
};

function refusal(code: ErrorCode) {
  return { error: { message: "as the fault says", data: code } };
}

function readPlace(place: TestPlace): Place {
  if (typeof place === "number") return { height: place };
  return place === "latest" || place === "safe" || place === "finalized" ? { tag: place } : { hash: place };
}

function writePlace(at: Place): TestPlace {
  if ("tag" in at) return at.tag;
  return "hash" in at ? at.hash : at.height;
}

function alter({ method }: DialectCall, result: unknown, how: Alteration): unknown {
  if (how === "wrong-chain") {
    return method === TEST_METHODS.describe ? { ...(result as object), chainId: "test:other" } : undefined;
  }
  if (how === "changed-balance") {
    const lie = (told: string | null) => told && "31337n";
    if (method === TEST_METHODS.balances) return (result as (string | null)[]).map(lie);
    if (method !== TEST_METHODS.recent) return undefined;
    return (result as { readonly amount: string | null }[]).map((told) => ({ ...told, amount: lie(told.amount) }));
  }
  if (method !== TEST_METHODS.block) return undefined;
  return alterMovements(result as TestBlock, how);
}

function alterMovements(block: TestBlock, how: Alteration): TestBlock {
  if (block.coins) return alterCoins(block, block.coins, how);
  const [first, ...rest] = block.transactions;
  if (!first) return block;
  const [moved, ...others] = first.movements;
  const changed = moved && { ...moved, delta: "31337n" as unknown as bigint };
  const movements = how === "changed-movement" && changed ? [changed, ...others] : others;
  return { ...block, transactions: [{ ...first, movements }, ...rest] };
}

function alterCoins(block: TestBlock, [first, ...rest]: readonly CoinTransaction[], how: Alteration): TestBlock {
  const [made, ...others] = first?.makes ?? [];
  if (!first || !made) return block;
  const changed = { ...made, amount: "31337n" as unknown as bigint };
  const makes = how === "changed-movement" ? [changed, ...others] : others;
  return { ...block, coins: [{ ...first, makes }, ...rest] };
}
