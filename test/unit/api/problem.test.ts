import { describe, expect, it } from "vitest";
import { buildProblem, redactUrls, retryAfterSeconds } from "../../../src/api/problem.ts";
import { ERROR_CODES, type ErrorCode, HeadwaterError } from "../../../src/core/errors.ts";

describe("problems", () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])("show %s with its status and title", (code) => {
    const error = new HeadwaterError(code, "see /var/lib/headwater", { details: { path: "/var/lib/headwater" } });
    const problem = buildProblem(error, "/v1/chains");
    const { status, title, fault } = ERROR_CODES[code];
    expect(problem).toMatchObject({ type: `urn:headwater:error:${code}`, code, status, title, instance: "/v1/chains" });
    const hidden = fault === "store" || code === "internal" || code === "plugin-invalid";
    expect(JSON.stringify(problem).includes("/var/lib")).toBe(!hidden);
  });

  it("say in whole seconds when to come back", () => {
    const laterBy = (afterMs: number) =>
      new HeadwaterError("stale", "", { retry: { sameNode: false, otherNode: false, afterMs } });
    expect(retryAfterSeconds(laterBy(0))).toBe(1);
    expect(retryAfterSeconds(laterBy(1_001))).toBe(2);
    expect(retryAfterSeconds(new HeadwaterError("block-unknown", ""))).toBeUndefined();
  });

  it("keep scheme and host of URLs alone", () => {
    expect(redactUrls("POST https://user:pass@node.example:8545/v3/key?x=1#y failed")).toBe(
      "POST https://node.example:8545 failed",
    );
    expect(redactUrls("wss://node.example, http://127.0.0.1:8545/")).toBe("wss://node.example, http://127.0.0.1:8545");
    expect(redactUrls('"https://a.example/k" and https://b.example?key=1')).toBe(
      '"https://a.example" and https://b.example',
    );
    expect(redactUrls("https://us@er:pa@b.example/k")).not.toContain("us");
    expect(redactUrls("eip155:1 is 3 s behind")).toBe("eip155:1 is 3 s behind");
    const error = new HeadwaterError("node-timeout", "x", { details: { url: "https://h.example/key", tries: 2 } });
    expect(buildProblem(error).details).toEqual({ url: "https://h.example", tries: 2 });
  });
});
