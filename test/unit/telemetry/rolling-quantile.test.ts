import fc from "fast-check";
import { expect, it } from "vitest";
import { RollingQuantile } from "../../../src/telemetry/rolling-quantile.ts";

it("knows nothing without a duration", () => {
  expect(new RollingQuantile().quantileMs(0.99)).toBeUndefined();
});

it("tells a quantile at most a fifth too high, and never too low", () => {
  const durations = fc.array(fc.double({ min: 0.02, max: 200_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, q) => {
      const quantile = new RollingQuantile();
      for (const duration of all) quantile.note(duration);
      const exact = [...all].sort((a, b) => a - b)[Math.ceil(q * all.length) - 1] as number;
      const told = quantile.quantileMs(q) as number;
      expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      expect(told).toBeLessThanOrEqual(exact * 2 ** 0.25 * (1 + 1e-9));
    }),
  );
});

it("counts what is out of its range in its ends", () => {
  const quantile = new RollingQuantile();
  for (const odd of [0, -1, 1e-9]) quantile.note(odd);
  expect(quantile.quantileMs(1)).toBeLessThan(0.02);
  quantile.note(1e12);
  expect(quantile.quantileMs(1)).toBeGreaterThan(200_000);
});

it("forgets what is two windows old", () => {
  const quantile = new RollingQuantile();
  quantile.note(500);
  quantile.rotate();
  quantile.note(1);
  expect(quantile.quantileMs(1)).toBeGreaterThanOrEqual(500);
  quantile.rotate();
  expect(quantile.quantileMs(1)).toBe(1);
  quantile.rotate();
  expect(quantile.quantileMs(1)).toBeUndefined();
});
