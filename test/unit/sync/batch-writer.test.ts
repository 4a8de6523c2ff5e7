import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { BatchWriter } from "../../../src/sync/batch-writer.ts";
import type { ObtainedBlock } from "../../../src/sync/block-pipeline.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

const TARGET = 1_000;

function block(height: number, movements = 1): ObtainedBlock {
  return { sealed: { ref: { height }, changes: { movements } } } as unknown as ObtainedBlock;
}

/** A writer whose commits and confirmations end when the test says so. */
function setUp(options: { readonly autoConfirm?: boolean; readonly autoCommit?: boolean } = {}) {
  const { autoConfirm = true, autoCommit = true } = options;
  const clock = new FakeClock();
  const commits: { readonly heights: number[]; readonly durable: boolean; readonly end: () => void }[] = [];
  const confirmations: { readonly height: number; readonly end: (error?: Error) => void }[] = [];
  const writer = new BatchWriter({
    clock,
    target: TARGET,
    confirm: ({ sealed }) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      confirmations.push({ height: sealed.ref.height, end: (error) => (error ? reject(error) : resolve()) });
      if (autoConfirm) resolve();
      return promise;
    },
    commit: (blocks, durable) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      commits.push({ heights: blocks.map(({ sealed }) => sealed.ref.height), durable, end: resolve });
      if (autoCommit) resolve();
      return promise;
    },
  });
  return { clock, writer, commits, confirmations, heights: () => commits.map(({ heights }) => heights) };
}

describe("far from the target", () => {
  it("blocks gather for a moment before they are written as one batch", async () => {
    const { clock, writer, heights, confirmations } = setUp();
    for (let height = 1; height <= 5; height++) {
      await writer.push(block(height));
      await clock.advance(LIMITS.commitGatherMs / 5);
    }
    expect(heights()).toEqual([]);
    await writer.push(block(6));
    await clock.advance(0);
    // The block that was confirmed half-way ends the batch; what came since waits for the next.
    expect(heights()).toEqual([[1, 2, 3, 4]]);
    expect(confirmations.map(({ height }) => height)).toEqual([4]);
  });

  it("a full batch is written at once", async () => {
    const { clock, writer, heights } = setUp();
    for (let height = 1; height <= LIMITS.commitBlocks; height++) await writer.push(block(height));
    await clock.advance(0);
    expect(heights()).toHaveLength(1);
    expect(heights()[0]).toHaveLength(LIMITS.commitBlocks);
  });

  it("a batch is full of movements, too", async () => {
    const { clock, writer, heights } = setUp();
    await writer.push(block(1, LIMITS.commitMovements));
    await clock.advance(0);
    expect(heights()).toEqual([[1]]);
  });

  it("while one batch is written the next gathers, and no more than two wait", async () => {
    const { clock, writer, commits, heights } = setUp({ autoCommit: false });
    for (let height = 1; height <= LIMITS.commitBlocks; height++) await writer.push(block(height));
    await clock.advance(0);
    let pushed = LIMITS.commitBlocks;
    const pushing = (async () => {
      for (; pushed < 5 * LIMITS.commitBlocks; pushed++) await writer.push(block(pushed + 1));
    })();
    await clock.advance(0);
    expect(pushed).toBeLessThan(3 * LIMITS.commitBlocks);
    for (let i = 0; i < 5; i++) {
      commits[i]?.end();
      await clock.advance(0);
    }
    await pushing;
    const flushed = writer.flush();
    for (let i = 0; i < 10; i++) {
      commits[i]?.end();
      await clock.advance(0);
    }
    await flushed;
    expect(heights().flat()).toEqual(Array.from({ length: 5 * LIMITS.commitBlocks }, (_, i) => i + 1));
    for (const batch of heights()) expect(batch.length).toBeLessThanOrEqual(LIMITS.commitBlocks);
  });

  it("batches are not made durable one by one", async () => {
    const { writer, commits } = setUp();
    await writer.push(block(1));
    await writer.flush();
    expect(commits.map(({ durable }) => durable)).toEqual([false]);
  });
});

describe("near the target", () => {
  it("each block is confirmed and written at once, and durably", async () => {
    const { clock, writer, commits, heights } = setUp();
    for (const height of [TARGET - 1, TARGET]) {
      await writer.push(block(height));
      await clock.advance(0);
    }
    expect(heights()).toEqual([[TARGET - 1], [TARGET]]);
    expect(commits.every(({ durable }) => durable)).toBe(true);
  });
});

describe("confirmation", () => {
  it("comes before the commit, and covers what was there when it was asked", async () => {
    const { clock, writer, heights, confirmations } = setUp({ autoConfirm: false });
    for (let height = 1; height <= LIMITS.commitBlocks; height++) await writer.push(block(height));
    await writer.push(block(LIMITS.commitBlocks + 1));
    await clock.advance(10_000);
    expect(heights()).toEqual([]);
    expect(confirmations).toHaveLength(1);
    confirmations[0]?.end();
    await clock.advance(0);
    expect(heights().flat()).toHaveLength(LIMITS.commitBlocks);
  });

  it("that fails throws away what is not confirmed, after what is was written", async () => {
    const { clock, writer, heights, confirmations } = setUp({ autoConfirm: false });
    await writer.push(block(TARGET - 2));
    await writer.push(block(TARGET - 1));
    confirmations[0]?.end();
    await clock.advance(0);
    const failure = new HeadwaterError("agreement-insufficient", "too few");
    confirmations[1]?.end(failure);
    await expect(writer.flush()).rejects.toBe(failure);
    expect(heights()).toEqual([[TARGET - 2]]);
    await expect(writer.push(block(TARGET))).rejects.toBe(failure);
  });
});

describe("a commit that fails", () => {
  it("fails all that follows", async () => {
    const clock = new FakeClock();
    const failure = new HeadwaterError("store-failure", "the disk is full");
    let commits = 0;
    const writer = new BatchWriter({
      clock,
      target: 2,
      confirm: async () => {},
      commit: async () => {
        commits++;
        throw failure;
      },
    });
    await writer.push(block(1));
    await clock.advance(0);
    await expect(writer.push(block(2))).rejects.toBe(failure);
    await expect(writer.flush()).rejects.toBe(failure);
    expect(commits).toBe(1);
  });
});
