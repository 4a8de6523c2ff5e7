import { beforeEach, describe, expect, it } from "vitest";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import { NodeView } from "../../../../src/testing/solana/node-view.ts";
import { Subscriptions } from "../../../../src/testing/solana/rpc/subscriptions.ts";
import { Keypair } from "../../../../src/testing/solana/wire/keypair.ts";

const BOB = Keypair.named("bob").address;

type Message = {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly method?: string;
  readonly params?: { readonly subscription: number; readonly result: unknown };
};

describe("subscriptions at a node of the local cluster", () => {
  let cluster: SolanaCluster;
  let view: NodeView;
  let messages: Message[];
  let subscriptions: Subscriptions;

  beforeEach(() => {
    cluster = new SolanaCluster({ finalizedBlocks: 3, votes: false });
    view = new NodeView(cluster);
    messages = [];
    subscriptions = new Subscriptions(view, (text) => messages.push(JSON.parse(text) as Message));
  });

  function say(method: string, ...params: readonly unknown[]): Message | undefined {
    subscriptions.receive(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params }));
    return messages.find(({ id }) => id === 7);
  }

  const told = (method: string) =>
    messages.filter((message) => message.method === method).map(({ params }) => params?.result);

  it("tells every slot that has a block, and every root", () => {
    expect(say("slotSubscribe")).toMatchObject({ result: 0 });
    say("rootSubscribe");
    cluster.makeSlots(2);
    cluster.skipSlots(3);
    cluster.makeSlots(3);
    expect(told("slotNotification")).toEqual([
      { parent: 0, root: 0, slot: 1 },
      { parent: 1, root: 0, slot: 2 },
      { parent: 2, root: 0, slot: 6 },
      { parent: 6, root: 1, slot: 7 },
      { parent: 7, root: 2, slot: 8 },
    ]);
    expect(told("rootNotification")).toEqual([1, 2]);
  });

  it("tells the slots of the branch that the node goes over to, and is silent while it stands still", () => {
    cluster.makeSlots(4);
    say("slotSubscribe");
    const branch = cluster.fork(2);
    cluster.skipSlots(2, branch);
    cluster.makeSlots(3, branch);
    cluster.follow(branch);
    expect(told("slotNotification")).toMatchObject([{ slot: 5, parent: 2 }, { slot: 6 }, { slot: 7 }]);
    view.freeze();
    cluster.makeSlots(5);
    expect(told("slotNotification")).toHaveLength(3);
    view.thaw();
    expect(told("slotNotification")).toHaveLength(8);
  });

  it("tells of a signature once, at its commitment, also when it is there already", () => {
    const signature = cluster.airdrop(BOB, 5_000_000n);
    say("signatureSubscribe", signature, { commitment: "confirmed" });
    cluster.makeSlot();
    expect(told("signatureNotification")).toEqual([]);
    cluster.makeSlots(3);
    expect(told("signatureNotification")).toMatchObject([{ context: { slot: 1 }, value: { err: null } }]);
    say("signatureSubscribe", signature, { commitment: "finalized" });
    expect(told("signatureNotification")).toHaveLength(2);
  });

  it("tells of an account when it changes, with all its digits", () => {
    say("accountSubscribe", BOB, { commitment: "processed", encoding: "base64" });
    cluster.makeSlot();
    cluster.airdrop(BOB, 5_000_000n);
    cluster.makeSlots(2);
    expect(told("accountNotification")).toMatchObject([
      { context: { slot: 2 }, value: { lamports: 5_000_000, data: ["", "base64"], space: 0 } },
    ]);
  });

  it("tells the logs of transactions that mention an address", () => {
    say("logsSubscribe", { mentions: [BOB] }, { commitment: "processed" });
    cluster.airdrop(Keypair.named("carol").address, 5_000_000n);
    const signature = cluster.airdrop(BOB, 5_000_000n);
    cluster.makeSlot();
    expect(told("logsNotification")).toMatchObject([{ value: { signature, err: null } }]);
  });

  it("ends what it is told to end, and refuses what it does not know", () => {
    say("slotSubscribe");
    messages = [];
    expect(say("slotUnsubscribe", 0)).toMatchObject({ result: true });
    messages = [];
    expect(say("slotUnsubscribe", 0)).toMatchObject({ error: { code: -32602, message: "Invalid subscription id." } });
    messages = [];
    expect(say("voteSubscribe")).toMatchObject({ error: { code: -32601 } });
    messages = [];
    expect(say("accountSubscribe", "nobody")).toMatchObject({ error: { code: -32602 } });
    messages = [];
    cluster.makeSlots(3);
    expect(messages).toEqual([]);
    subscriptions.close();
  });
});
