import { describe, expect, it } from "vitest";
import { connectNode, type NodeOptions } from "../../../../src/plugins/solana/node.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import {
  answerMethods,
  type ReceivedCall,
  type ScriptedMethods,
  ScriptedRpcError,
} from "../../../support/scripted-node.ts";
import { SOLANA_ERRORS, slotHash } from "../../../support/solana-slots.ts";

type BlockConfig = { readonly transactionDetails: string; readonly commitment: string };

async function connect(methods: ScriptedMethods, options: Partial<NodeOptions> = {}) {
  const { node: server, transport } = await startScripted(answerMethods(methods));
  const node = connectNode(
    { wantsProcessed: false, wantsSignatures: true, ingestionLagSlots: 100, ...options },
    transport,
  );
  return { server, node };
}

const refuse = (error: { code: number; message: string }) => {
  throw new ScriptedRpcError(error);
};

/** A chain of slots: those of `slots` have blocks, each on the one before. */
function slotChain(
  slots: readonly number[],
  { confirmed = slots.at(-1) as number, finalized = slots[0] as number } = {},
) {
  const at = { processed: slots.at(-1) as number, confirmed, finalized };
  return {
    getSlot: ({ commitment }: { commitment: keyof typeof at }) => at[commitment],
    getBlock: (slot: number, { commitment }: BlockConfig) => {
      if (commitment === "processed") return refuse(SOLANA_ERRORS.commitment);
      const place = slots.indexOf(slot);
      if (place < 0 || slot > confirmed) return refuse(SOLANA_ERRORS.notAvailable(slot));
      return headerAt(slot, slots[place - 1] ?? slot - 1);
    },
    getBlocks: (from: number, to: number) => slots.filter((slot) => slot >= from && slot <= to && slot <= confirmed),
    getFirstAvailableBlock: () => slots[0],
  } satisfies ScriptedMethods;
}

function headerAt(slot: number, parent: number) {
  return {
    blockhash: slotHash(slot),
    previousBlockhash: slotHash(parent),
    parentSlot: parent,
    blockTime: 1_700_000_000 + slot,
    blockHeight: slot,
  };
}

const refAt = (slot: number, parent = slot - 1) => ({
  height: slot,
  hash: slotHash(slot),
  parentHash: slotHash(parent),
  parentHeight: parent,
  time: (1_700_000_000 + slot) * 1000,
});

describe("tips", () => {
  it("are the confirmed and the final block, whose headers are asked for when their slots are new", async () => {
    const chain = slotChain([90, 91, 93, 94], { finalized: 91 });
    const { node, server } = await connect(chain);
    const expected = { tip: refAt(94), safe: refAt(94), finalized: refAt(91) };
    expect(await node.fetchTips()).toEqual(expected);
    expect(server.methods).toEqual(["getSlot+getSlot", "getBlock+getBlock"]);
    expect(server.requests[1]?.calls.map(({ params }) => params)).toEqual(
      [94, 91].map((slot, i) => [
        slot,
        {
          transactionDetails: "none",
          rewards: false,
          commitment: i === 0 ? "confirmed" : "finalized",
          maxSupportedTransactionVersion: 0,
        },
      ]),
    );
    expect(await node.fetchTips()).toEqual(expected);
    expect(server.methods).toEqual(["getSlot+getSlot", "getBlock+getBlock", "getSlot+getSlot"]);
  });

  it("show every few polls whether the node has run what it received", async () => {
    let received = 94;
    const chain = slotChain([90, 91, 93, 94]);
    const { node, server } = await connect({ ...chain, getMaxShredInsertSlot: () => received });
    const poll = async (times: number) => {
      const told: (boolean | undefined)[] = [];
      for (let i = 0; i < times; i++) told.push((await node.fetchTips()).syncing);
      return told;
    };
    expect(await poll(8)).toEqual(Array(8).fill(undefined));
    expect(server.methods.filter((methods) => methods.includes("Shred"))).toEqual([
      "getSlot+getSlot+getSlot+getMaxShredInsertSlot",
    ]);
    received = 194;
    expect(await poll(8)).toEqual(Array(8).fill(undefined));
    received = 195;
    expect(await poll(8)).toEqual([...Array(7).fill(undefined), true]);
    const silent = await connect(chain);
    for (let i = 0; i < 8; i++) expect(await silent.node.fetchTips()).not.toHaveProperty("syncing");
  });

  it("go to the newest block that the node has written down", async () => {
    const chain = slotChain([90, 91, 93, 94, 95], { finalized: 90 });
    const unwritten = new Set([94, 95]);
    const { node } = await connect({
      ...chain,
      getBlock: (slot: number, config: BlockConfig) =>
        unwritten.has(slot) ? refuse(SOLANA_ERRORS.notYet(slot)) : chain.getBlock(slot, config),
    });
    expect((await node.fetchTips()).tip).toEqual(refAt(93, 91));
    unwritten.delete(94);
    expect((await node.fetchTips()).tip).toEqual(refAt(94));
    unwritten.add(94);
    expect((await node.fetchTips()).tip).toEqual(refAt(94));
  });

  it("fail when the node has no block at all, and leave out the final one when it cannot show that", async () => {
    const chain = slotChain([90, 91], { finalized: 90 });
    const { node } = await connect({
      ...chain,
      getBlock: (slot: number, config: BlockConfig) => (slot === 90 ? null : chain.getBlock(slot, config)),
    });
    expect(await node.fetchTips()).toEqual({ tip: refAt(91), safe: refAt(91), finalized: null });
    const bare = await connect({ ...chain, getBlock: () => null });
    expect((await failureOf(bare.node.fetchTips())).code).toBe("node-block-missing");
  });

  it("are what the node has run, where that is wanted and the node gives it", async () => {
    const chain = slotChain([90, 91, 92, 93], { confirmed: 92, finalized: 90 });
    const processed = {
      ...chain,
      getGenesisHash: () => slotHash(0),
      getBlock: (slot: number, config: BlockConfig) =>
        slot === 93 ? headerAt(93, 92) : chain.getBlock(slot, { ...config, commitment: "confirmed" }),
    };
    const { node } = await connect(processed, { wantsProcessed: true });
    expect((await node.probe()).capabilities).toContain("processed");
    expect(await node.fetchTips()).toEqual({ tip: refAt(93), safe: refAt(92), finalized: refAt(90) });
    const agave = await connect({ ...chain, getGenesisHash: () => slotHash(0) }, { wantsProcessed: true });
    expect((await agave.node.probe()).capabilities).not.toContain("processed");
    expect((await agave.node.fetchTips()).tip).toEqual(refAt(92));
  });
});

describe("a slot without a block", () => {
  const chain = slotChain([90, 91, 94, 95], { finalized: 91 });

  it.each([
    ["-32007", SOLANA_ERRORS.skipped(92)],
    ["-32009", SOLANA_ERRORS.skippedInStorage(92)],
    ["-32004, as nodes say it of what is not final yet", SOLANA_ERRORS.notAvailable(92)],
    ["-32014", SOLANA_ERRORS.notYet(92)],
  ])("was skipped when the next block follows on one before it (%s)", async (_name, error) => {
    const { node } = await connect({
      ...chain,
      getBlock: (slot: number) => (slot === 92 ? refuse(error) : headerAt(slot, slot === 94 ? 91 : slot - 1)),
    });
    await node.fetchTips();
    for (const failure of [node.fetchHeader({ height: 92 }), node.fetchBlock({ height: 92 }, "solana/1")]) {
      expect(await failureOf(failure)).toMatchObject({
        code: "node-block-skipped",
        details: { slot: 92, next: 94, parent: 91 },
      });
    }
  });

  it("was skipped where the node says nothing at all", async () => {
    const { node } = await connect({ ...chain, getBlock: (slot: number) => (slot === 92 ? null : headerAt(slot, 91)) });
    expect((await failureOf(node.fetchBlock({ height: 92 }, "solana/1"))).code).toBe("node-block-skipped");
  });

  it.each([
    ["-32007", SOLANA_ERRORS.skipped(92), "node-history-pruned"],
    ["-32009", SOLANA_ERRORS.skippedInStorage(92), "node-history-pruned"],
    ["-32004", SOLANA_ERRORS.notAvailable(92), "node-block-missing"],
  ])("is lost when the next block follows on it (%s)", async (_name, error, code) => {
    const { node } = await connect({
      ...chain,
      getBlock: (slot: number) => (slot === 92 ? refuse(error) : headerAt(slot, 92)),
    });
    expect((await failureOf(node.fetchHeader({ height: 92 }))).code).toBe(code);
  });

  it("is lost when the node says that it was skipped and shows nothing above", async () => {
    const { node } = await connect({
      ...chain,
      getBlocks: () => [],
      getBlock: () => refuse(SOLANA_ERRORS.skipped(92)),
    });
    expect((await failureOf(node.fetchHeader({ height: 92 }))).code).toBe("node-history-pruned");
  });

  it("above the newest is not there yet, without more questions", async () => {
    const { node, server } = await connect(chain);
    await node.fetchTips();
    const before = server.requests.length;
    expect((await failureOf(node.fetchHeader({ height: 96 }))).code).toBe("node-block-missing");
    expect(server.requests.length).toBe(before + 1);
  });

  it("is cleaned up when the node says so", async () => {
    const { node } = await connect({ ...chain, getBlock: () => refuse(SOLANA_ERRORS.cleanedUp(5, 90)) });
    expect((await failureOf(node.fetchBlock({ height: 5 }, "solana/1"))).code).toBe("node-history-pruned");
  });

  it("that is asked for by a hash is missing, whatever the node says of the slot", async () => {
    const { node, server } = await connect({ ...chain, getBlock: () => refuse(SOLANA_ERRORS.skipped(92)) });
    expect((await failureOf(node.fetchHeader({ height: 92, hash: slotHash(92) }))).code).toBe("node-block-missing");
    expect(server.methods).toEqual(["getBlock"]);
  });
});

describe("a block with another hash", () => {
  it("is not the one that was asked for", async () => {
    const block = { ...headerAt(91, 90), transactions: [], rewards: [], padding: "x".repeat(4_000) };
    const { node } = await connect({ ...slotChain([90, 91]), getBlock: () => block });
    const other = { height: 91, hash: slotHash(7) };
    expect((await failureOf(node.fetchHeader(other))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchBlock(other, "solana/1"))).code).toBe("node-block-missing");
    const own = { height: 91, hash: slotHash(91) };
    expect(await node.fetchHeader(own)).toEqual(refAt(91));
    expect((await node.fetchBlock(own, "solana/1")).asked).toEqual(own);
  });

  it("cannot be looked for by hash alone", async () => {
    const { node } = await connect(slotChain([90]));
    expect((await failureOf(node.fetchHeader({ hash: slotHash(90) }))).code).toBe("node-method-unsupported");
  });
});

describe("a block without a time", () => {
  const block = (slot: number, blockTime: number | null) => ({ ...headerAt(slot, slot - 1), blockTime });

  it("is not written down in full where it is new", async () => {
    const chain = slotChain([90, 91, 92], { finalized: 91 });
    const { node } = await connect({
      ...chain,
      getBlock: (slot: number) => ({ ...block(slot, slot === 91 ? slot : null), transactions: [], rewards: [] }),
    });
    expect((await node.fetchTips()).tip.height).toBe(91);
    for (const height of [92, 90]) {
      expect((await failureOf(node.fetchHeader({ height }))).code).toBe("node-block-missing");
      expect((await failureOf(node.fetchBlock({ height }, "solana/1"))).code).toBe("node-block-missing");
    }
  });

  it("is one of the early ones where it is old, or where the node never tells", async () => {
    const getBlock = (slot: number) => block(slot, slot > 2_000 ? slot : null);
    const { node } = await connect({ ...slotChain([5, 5_000]), getBlock });
    await node.fetchTips();
    expect(await node.fetchHeader({ height: 5 })).toMatchObject({ height: 5, time: 0 });
    const timeless = await connect({ ...slotChain([90, 91]), getBlock: (slot: number) => block(slot, null) });
    expect((await timeless.node.fetchTips()).tip).toMatchObject({ height: 91, time: 0 });
  });
});

describe("blocks", () => {
  const genesis = { getGenesisHash: () => slotHash(0), getSlot: () => 95 };
  const detailsOf = (calls: readonly ReceivedCall[]) =>
    calls.map(({ params }) => (params[1] as BlockConfig).transactionDetails);

  it.each([
    ["signatures are wanted", { wantsSignatures: true }, "solana/1", ["full"]],
    ["votes are told by programs", { wantsSignatures: false }, "solana/1", ["full"]],
    ["accounts will do", { wantsSignatures: false }, "solana/1+accounts", ["accounts"]],
    ["votes are kept", { wantsSignatures: false }, "solana/1+votes", ["accounts"]],
  ])("come with as much as is needed when %s", async (_name, options, profile, details) => {
    const block = { ...headerAt(91, 90), transactions: [], rewards: [] };
    const { node, server } = await connect({ ...genesis, getBlock: () => block }, options);
    await node.probe();
    const raw = await node.fetchBlock({ height: 91 }, profile);
    expect(detailsOf(server.requests.at(-1)?.calls ?? [])).toEqual(details);
    expect(JSON.parse(Buffer.from(raw.parts["answer"] as Uint8Array).toString())).toMatchObject({ result: block });
    expect(raw).toMatchObject({ asked: { height: 91 }, profile, node: "acme-eu" });
    expect(server.requests.at(-1)?.calls[0]?.params).toEqual([
      91,
      {
        ...(details[0] === "full" && { encoding: "base64" }),
        transactionDetails: details[0],
        rewards: true,
        commitment: "confirmed",
        maxSupportedTransactionVersion: 0,
      },
    ]);
  });

  it("come whole from nodes that do not know of accounts alone", async () => {
    const block = { ...headerAt(91, 90), transactions: [], rewards: [] };
    const getBlock = (_slot: number, { transactionDetails }: BlockConfig) =>
      transactionDetails === "accounts" ? refuse(SOLANA_ERRORS.unknownVariant) : block;
    const { node, server } = await connect({ ...genesis, getBlock }, { wantsSignatures: false });
    expect((await node.probe()).capabilities).toEqual([]);
    await node.fetchBlock({ height: 91 }, "solana/1+accounts");
    expect(detailsOf(server.requests.at(-1)?.calls ?? [])).toEqual(["full"]);
  });
});

describe("the list of slots", () => {
  it("is what the node has, sorted and within the range, asked for in parts", async () => {
    const { node, server } = await connect({
      getBlocks: (from: number, to: number) => [to, from, from, from + 3, to + 1, Math.max(0, from - 1)],
    });
    expect(await node.listHeights?.(5, 10_010)).toEqual([5, 8, 10_004, 10_005, 10_008, 10_010]);
    expect(server.requests.map(({ calls }) => calls[0]?.params)).toEqual([
      [5, 10_004, { commitment: "confirmed" }],
      [10_005, 10_010, { commitment: "confirmed" }],
    ]);
  });

  it("is refused by a node that has dropped the beginning and does not say so", async () => {
    const { node } = await connect(slotChain([90, 91]));
    expect(await failureOf(node.listHeights?.(50, 100) as Promise<unknown>)).toMatchObject({
      code: "node-history-pruned",
      details: { first: 90 },
    });
    // The first slots of a range may be skipped.
    expect(await (await connect({ ...slotChain([90, 93]) })).node.listHeights?.(91, 100)).toEqual([93]);
    const silent = { getBlocks: () => [], getFirstAvailableBlock: () => refuse(SOLANA_ERRORS.unknownMethod) };
    expect(await (await connect(silent)).node.listHeights?.(91, 100)).toEqual([]);
  });

  it.each([[{}], [["5"]], [[-1]], [[1.5]]])("must be one of slots, not %j", async (answer) => {
    const { node } = await connect({ getBlocks: () => answer });
    expect((await failureOf(node.listHeights?.(0, 9) as Promise<unknown>)).code).toBe("node-bad-response");
  });
});

it("balances after a given block are not to be had, and the error says why", async () => {
  const { node, server } = await connect({});
  expect(await failureOf(node.readBalances([], refAt(5)))).toMatchObject({ code: "node-method-unsupported" });
  expect(server.requests).toEqual([]);
});
