import { describe, expect, it } from "vitest";
import { Checks } from "../../../../src/plugins/verification/checks.ts";
import { failureOf } from "../../../support/failure-of.ts";

const begin = () => new Checks(["roots", "signatures", "work"], "node a, block 7");
const passed = (check: string) => ({ check, result: "passed" });

describe("the checks of a block", () => {
  it("are told in the order of the list, and what does not apply is left out", () => {
    const checks = begin();
    checks.pass("work");
    checks.pass("roots");
    expect(checks.results("full")).toEqual([passed("roots"), passed("work")]);
  });

  it("are skipped because of the mode where it leaves them out", () => {
    const checks = begin();
    checks.pass("work");
    const skipped = (check: string) => ({ check, result: "skipped", reason: "verify is headers" });
    expect(checks.results("headers")).toEqual([skipped("roots"), skipped("signatures"), passed("work")]);
  });

  it("never pass once a part was skipped, before or after, and keep the first reason", () => {
    const checks = begin();
    checks.skip("roots", "the first");
    checks.pass("roots");
    checks.skip("roots", "the second");
    checks.pass("signatures");
    checks.skip("signatures", "the third");
    expect(checks.results("full")).toEqual([
      { check: "roots", result: "skipped", reason: "the first" },
      { check: "signatures", result: "skipped", reason: "the third" },
    ]);
  });

  it("of a copy leave the original as it was", () => {
    const checks = begin();
    checks.pass("roots");
    const copy = checks.copy();
    copy.pass("work");
    expect(checks.results("full")).toEqual([passed("roots")]);
    expect(copy.results("full")).toEqual([passed("roots"), passed("work")]);
  });

  it("name node, block and field of what is not as it must be", async () => {
    const failure = await failureOf((async () => begin().require("bits", 1, 2))());
    expect(failure.code).toBe("integrity-violation");
    expect(failure.message).toMatch(/node a, block 7.*bits/);
    expect(failure.details).toMatchObject({ field: "bits", expected: "1", actual: "2" });
    begin().require("bits", "1", "1");
  });
});
