import { expect, test } from "vitest";
import { Recent } from "../../../src/core/recent.ts";

test("Recent keeps at most its cap, and what is used stays", () => {
  const recent = new Recent<number, number>(10);
  for (let i = 0; i < 1000; i++) {
    recent.set(i, i);
    expect(recent.get(0)).toBe(0);
  }
  const kept = Array.from({ length: 1000 }, (_, i) => recent.get(i)).filter((value) => value !== undefined);
  expect(kept.length).toBeLessThanOrEqual(11);
  recent.set(5, 50);
  expect(recent.get(5)).toBe(50);
  recent.delete(5);
  expect(recent.get(5)).toBe(undefined);
});
