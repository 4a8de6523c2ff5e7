import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

describe("a simulated run", () => {
  it("is the same for the same seed, line by line", async () => {
    const first = await simulate(7);
    expect(first.trace.length).toBeGreaterThan(5);
    expect((await simulate(7)).trace).toEqual(first.trace);
    expect((await simulate(8)).trace).not.toEqual(first.trace);
  });
});
