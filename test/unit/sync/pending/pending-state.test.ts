import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/core/limits.ts";
import { Hearings } from "../../../../src/sync/pending/hearings.ts";
import { type ArrivedTransaction, PendingState } from "../../../../src/sync/pending/pending-state.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

const hearings = new Hearings([]);
let state: PendingState;

beforeEach(() => {
  state = new PendingState(new FakeClock(0), hearings, () => {});
});

function arrive(id: string, sizeBytes = 1): ArrivedTransaction {
  return {
    id,
    raw: { node: "n", id, bytes: new Uint8Array(sizeBytes) },
    outputs: { spends: [`of-${id}:0`], makes: [] },
    mark: hearings.mark(),
    firstSeen: 0,
  } as unknown as ArrivedTransaction;
}

function keep(id: string, sizeBytes?: number): void {
  const transaction = { id, index: 0, status: "success", fee: null, movements: [] } as const;
  state.keep(arrive(id, sizeBytes), { transaction, size: 1, replaceable: false });
}

describe("the room for pending transactions", () => {
  it("is as many as the cap, less those that are kept, wait, or are on their way", () => {
    const most = LIMITS.pendingTransactions;
    expect(state.room(0)).toBe(most);
    for (let i = 0; i < most - 10; i++) keep(`kept-${i}`);
    for (let i = 0; i < 4; i++) state.wait(arrive(`waits-${i}`));
    expect([state.room(0), state.room(5), state.room(6), state.room(100)]).toEqual([6, 1, 0, 0]);
    state.confirm({ height: 1, transactions: [{ id: "kept-7", spends: [] }] });
    state.takeWaiting(new Set(["of-waits-2:0"]));
    expect(state.room(6)).toBe(2);
  });

  it("is none at all while those that are kept or wait weigh as much as may be", () => {
    const half = LIMITS.pendingBytes / 2;
    keep("kept", half);
    state.wait(arrive("waits", half - 1));
    expect(state.room(0)).toBe(LIMITS.pendingTransactions - 2);
    state.wait(arrive("waits", half));
    expect(state.room(0)).toBe(0);
    state.takeWaiting();
    expect(state.room(0)).toBe(LIMITS.pendingTransactions - 1);
    keep("other", half);
    expect(state.room(0)).toBe(0);
    state.sweep();
    state.confirm({ height: 1, transactions: [{ id: "other", spends: [] }] });
    expect(state.room(0)).toBe(LIMITS.pendingTransactions - 1);
  });
});
