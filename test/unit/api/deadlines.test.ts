import { describe, expect, it } from "vitest";
import { Deadlines } from "../../../src/api/deadlines.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const late: string[] = [];
  const errors: HeadwaterError[] = [];
  const deadlines = new Deadlines<string>(clock, 5_000, (request, error) => {
    late.push(`${request} ${error.code}`);
    errors.push(error);
  });
  return { clock, late, errors, deadlines };
}

describe("deadlines", () => {
  it("end a request after its time, and not before", async () => {
    const { clock, late, errors, deadlines } = setUp();
    deadlines.enter("a");
    await clock.advance(5_999);
    expect(late).toEqual([]);
    await clock.advance(1);
    expect(late).toEqual(["a deadline-exceeded"]);
    expect(errors[0]).toMatchObject({ code: "deadline-exceeded", details: { timeoutMs: 5_000 } });
  });

  it("give every request its whole time, and share timers", async () => {
    const { clock, late, deadlines } = setUp();
    deadlines.enter("a");
    await clock.advance(999);
    deadlines.enter("b");
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    deadlines.enter("c");
    expect(clock.sleeping).toBe(2);
    await clock.advance(5_000);
    expect(late).toEqual(["a deadline-exceeded", "b deadline-exceeded"]);
    await clock.advance(1_000);
    expect(late).toHaveLength(3);
    expect(clock.sleeping).toBe(0);
  });

  it("forget who has left", async () => {
    const { clock, late, deadlines } = setUp();
    deadlines.leave(deadlines.enter("a"), "a");
    await clock.advance(10_000);
    expect(late).toEqual([]);
  });

  it("end all at once when told to", async () => {
    const { clock, late, deadlines } = setUp();
    deadlines.enter("a");
    await clock.advance(2_000);
    deadlines.enter("b");
    deadlines.end(new HeadwaterError("shutting-down", "the service is stopping"));
    expect(late).toEqual(["a shutting-down", "b shutting-down"]);
    await clock.advance(10_000);
    expect(late).toHaveLength(2);
    expect(clock.sleeping).toBe(0);
  });
});
