import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../../../src/sync/pool/circuit-breaker.ts";

function broken(at = 0): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (let i = 0; i < 5; i++) breaker.failed(at);
  return breaker;
}

describe("a circuit breaker", () => {
  it("opens after five failures in a row, not after four", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 4; i++) breaker.failed(0);
    breaker.succeeded(0);
    for (let i = 0; i < 4; i++) breaker.failed(0);
    expect(breaker.state(0)).toBe("closed");
    breaker.failed(0);
    expect(breaker.state(0)).toBe("open");
  });

  it("opens when half of many calls fail, though never in a row", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 9; i++) {
      breaker.succeeded(i);
      breaker.failed(i);
    }
    expect(breaker.state(9)).toBe("closed");
    breaker.succeeded(9);
    breaker.failed(9);
    expect(breaker.state(9)).toBe("open");
  });

  it("forgets failures that are old", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 9; i++) {
      breaker.succeeded(0);
      breaker.failed(0);
    }
    breaker.succeeded(20_000);
    breaker.failed(20_000);
    expect(breaker.state(20_000)).toBe("closed");
  });

  it("is half open after a while, closes after three good calls in a row", () => {
    const breaker = broken();
    expect(breaker.state(1_999)).toBe("open");
    expect(breaker.state(2_000)).toBe("half-open");
    breaker.succeeded(2_000);
    breaker.succeeded(2_000);
    expect(breaker.state(2_000)).toBe("half-open");
    breaker.succeeded(2_000);
    expect(breaker.state(2_000)).toBe("closed");
  });

  it("takes no good call for a sign while it is open", () => {
    const breaker = broken();
    for (let i = 0; i < 5; i++) breaker.succeeded(100);
    expect(breaker.state(100)).toBe("open");
    expect(breaker.state(2_000)).toBe("half-open");
  });

  it("opens for longer each time that the trial fails, up to a minute, and shortly again when all was well for long", () => {
    const breaker = broken();
    const open: number[] = [];
    let now = 0;
    for (let i = 0; i < 7; i++) {
      const from = now;
      while (breaker.state(now) === "open") now += 500;
      open.push(now - from);
      breaker.failed(now);
    }
    expect(open).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    while (breaker.state(now) === "open") now += 500;
    for (let i = 0; i < 3; i++) breaker.succeeded(now);
    now += 120_000;
    for (let i = 0; i < 5; i++) breaker.failed(now);
    expect(breaker.state(now + 2_000)).toBe("half-open");
  });
});
