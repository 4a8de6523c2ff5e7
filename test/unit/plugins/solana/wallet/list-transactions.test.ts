import { describe, expect, it } from "vitest";
import type { ChainNode } from "../../../../../src/core/contracts/plugin.ts";
import type { ListPlace, TransactionListPage } from "../../../../../src/core/contracts/wallet.ts";
import { failureOf } from "../../../../support/failure-of.ts";
import { ScriptedRpcError } from "../../../../support/scripted-node.ts";
import { openSolanaNode, type SolanaMethods } from "../../../../support/solana-node.ts";
import { slotHash } from "../../../../support/solana-slots.ts";

const ACCOUNT = slotHash(1);

type Entry = { readonly signature: string; readonly slot: number };
type Config = { readonly before?: string; readonly limit: number };

/** How a node puts the transactions of one slot in order. */
type Order = (a: Entry, b: Entry) => number;

const bySignature: Order = (a, b) => (a.signature < b.signature ? -1 : 1);
/** The last number of a signature is its place in the block: `50-c3`. */
const placeOf = ({ signature }: Entry) => Number(/\d+$/.exec(signature)?.[0]);
const byPlace: Order = (a, b) => placeOf(b) - placeOf(a);

/** Slots with signatures named for slot, letter and place; letters are not in the order of places. */
function entriesOf(slots: Readonly<Record<number, number>>): Entry[] {
  return Object.entries(slots).flatMap(([slot, count]) =>
    Array.from({ length: count }, (_, i) => ({
      signature: `${slot}-${String.fromCharCode(97 + ((i * 7) % count))}${i}`,
      slot: Number(slot),
    })),
  );
}

/** A node that has these, newest slot first, and goes on after `before` in its own order. */
function historyOf(entries: readonly Entry[], order: Order, first = 0): SolanaMethods {
  const listed = entries.toSorted((a, b) => b.slot - a.slot || order(a, b));
  return {
    getSignaturesForAddress: (_: string, { before, limit }: Config) => {
      const from = before === undefined ? 0 : listed.findIndex(({ signature }) => signature === before) + 1;
      if (before !== undefined && from === 0) return [];
      return listed
        .slice(from, from + limit)
        .map((entry) => ({ ...entry, err: null, memo: null, blockTime: entry.slot }));
    },
    getSignatureStatuses: ([id]: [string]) => ({
      context: { slot: 99 },
      value: [listed.some(({ signature }) => signature === id) ? { slot: 1 } : null],
    }),
    getBlock: (slot: number) => ({
      signatures: [
        "vote",
        ...entries
          .filter((entry) => entry.slot === slot)
          .toSorted(byPlace)
          .reverse()
          .map(({ signature }) => signature),
      ],
    }),
    getFirstAvailableBlock: () => first,
  };
}

function list(node: ChainNode, before: ListPlace | undefined, limit: number): Promise<TransactionListPage> {
  return node.listTransactions?.(ACCOUNT, before, limit) ?? Promise.reject(new Error("it lists none"));
}

async function readAll(nodes: readonly ChainNode[], limit: number): Promise<TransactionListPage[]> {
  const pages: TransactionListPage[] = [];
  for (let before: ListPlace | undefined, i = 0; i < 100; i++) {
    const page = await list(nodes[i % nodes.length] as ChainNode, before, limit);
    pages.push(page);
    if (!page.next) break;
    before = page.next;
  }
  return pages;
}

const idsOf = (pages: readonly TransactionListPage[]) =>
  pages.flatMap(({ transactions }) => transactions.map(({ id }) => id));

describe("a list of transactions", () => {
  const slots = { 90: 1, 88: 5, 87: 1, 80: 3, 79: 1, 70: 2, 9: 1 };
  const expected = entriesOf(slots)
    .toSorted((a, b) => b.slot - a.slot || byPlace(a, b))
    .map(({ signature }) => signature);

  it.each([1, 2, 3, 4, 7, 50])(
    "neither skips nor repeats by pages of %d, whichever order a node has within slots",
    async (limit) => {
      const { node: one } = await openSolanaNode(historyOf(entriesOf(slots), bySignature));
      const { node: other } = await openSolanaNode(historyOf(entriesOf(slots), byPlace));
      for (const nodes of [[one], [other], [one, other], [other, one]]) {
        const pages = await readAll(nodes, limit);
        expect(idsOf(pages)).toEqual(expected);
        expect(pages.map(({ incomplete }) => incomplete)).toEqual(pages.map(() => null));
        for (const { transactions } of pages) {
          const of = new Set(transactions.map(({ height }) => height));
          expect(transactions.length <= limit || of.size === 1).toBe(true);
        }
      }
    },
  );

  it("tells slot, time, state, and the place in the block where several are of one", async () => {
    const methods = historyOf(entriesOf({ 70: 2, 9: 1 }), bySignature);
    const { node, server } = await openSolanaNode({
      ...methods,
      getSignaturesForAddress: () => [
        { signature: "70-a0", slot: 70, err: { InstructionError: [0, "Custom"] }, blockTime: 1_700_000_000 },
        { signature: "70-b1", slot: 70, err: null, blockTime: null },
        { signature: "9-a0", slot: 9, err: null },
      ],
    });
    expect(await list(node, undefined, 10)).toEqual({
      transactions: [
        { id: "70-b1", height: 70, index: 2, time: null, status: "success" },
        { id: "70-a0", height: 70, index: 1, time: 1_700_000_000_000, status: "failed" },
        { id: "9-a0", height: 9, index: null, time: null, status: "success" },
      ],
      next: undefined,
      incomplete: null,
    });
    expect(server.requests[0]?.calls[0]?.params).toEqual([ACCOUNT, { limit: 11, commitment: "confirmed" }]);
  });

  it("is in a fixed order where blocks are gone", async () => {
    const { node } = await openSolanaNode({
      ...historyOf(entriesOf({ 70: 3 }), byPlace),
      getBlock: () => {
        throw new ScriptedRpcError({
          code: -32001,
          message: "Block 70 cleaned up, does not exist on node. First available block: 80",
        });
      },
    });
    const { transactions } = await list(node, undefined, 10);
    expect(transactions.map(({ id, index }) => [id, index])).toEqual([
      ["70-a0", null],
      ["70-b1", null],
      ["70-c2", null],
    ]);
  });

  it("says so where the node does not have the chain's beginning", async () => {
    const { node } = await openSolanaNode(historyOf(entriesOf({ 70: 1 }), byPlace, 60));
    expect((await list(node, undefined, 10)).incomplete).toBe("node acme-eu has nothing before slot 60");
    const { node: silent } = await openSolanaNode({
      ...historyOf(entriesOf({ 70: 1 }), byPlace),
      getFirstAvailableBlock: () => {
        throw new ScriptedRpcError({ code: -32601, message: "Method not found" });
      },
    });
    expect((await list(silent, undefined, 10)).incomplete).toBe("node acme-eu does not tell its first block");
  });

  it("is empty only where the node has all blocks", async () => {
    const { node } = await openSolanaNode(historyOf([], byPlace));
    expect(await list(node, undefined, 10)).toEqual({ transactions: [], next: undefined, incomplete: null });
    const { node: pruned } = await openSolanaNode(historyOf([], byPlace, 60));
    expect(await failureOf(list(pruned, undefined, 10))).toMatchObject({ code: "node-history-pruned" });
  });

  it("does not go on from a signature that the node does not know", async () => {
    const { node } = await openSolanaNode(historyOf(entriesOf({ 70: 1 }), byPlace));
    const { code, message } = await failureOf(list(node, { id: "unknown", height: 75 }, 10));
    expect([code, message]).toEqual(["node-history-pruned", expect.stringContaining("does not know unknown")]);
  });

  it.each<[string, readonly unknown[]]>([
    ["begins anew instead of going on", [{ signature: "90-a0", slot: 90, err: null }]],
    [
      "goes up in between",
      [
        { signature: "60-a0", slot: 60, err: null },
        { signature: "61-a0", slot: 61, err: null },
      ],
    ],
    ["is longer than asked", Array.from({ length: 12 }, (_, i) => ({ signature: `s${i}`, slot: 60 - i, err: null }))],
    ["tells no slot", [{ signature: "60-a0", err: null }]],
    ["tells no signature", [{ slot: 60, err: null }]],
  ])("is refused where it %s", async (_, answer) => {
    const { node } = await openSolanaNode({ getSignaturesForAddress: () => answer });
    expect((await failureOf(list(node, { id: "75-a0", height: 75 }, 10))).code).toBe("node-bad-response");
  });

  it("is marked where one slot has more than nodes list, and ends there with an error rather than a gap", async () => {
    const { node } = await openSolanaNode(historyOf(entriesOf({ 70: 2_100, 60: 1 }), byPlace));
    const page = await list(node, undefined, 10);
    expect(page.transactions).toHaveLength(1_000);
    expect(page.incomplete).toBe("slot 70 has more transactions of the account than the 1000 that nodes list");
    expect((await failureOf(list(node, page.next, 10))).code).toBe("node-method-unsupported");
  });
});
