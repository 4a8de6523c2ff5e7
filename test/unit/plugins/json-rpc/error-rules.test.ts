import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { classifyBy, isAbout } from "../../../../src/plugins/json-rpc/error-rules.ts";

const classify = classifyBy([
  { code: "node-throttled", codes: [429], text: /too many/ },
  { code: "node-block-missing", reason: "future", text: /not (there )?yet/ },
  { code: "node-history-pruned", codes: [-5], text: /not/ },
]);

describe("a family's rules", () => {
  it.each([
    ["a code, however it is written", { code: "429", message: "no" }, "node-throttled"],
    ["a text, whatever the code", { code: -1, message: "Too Many requests" }, "node-throttled"],
    ["the first that fits", { code: -5, message: "Not yet" }, "node-block-missing"],
    ["a later one", { code: -5, message: "gone" }, "node-history-pruned"],
    [
      "what stands in data under a message that says nothing",
      { code: 1, message: "e", data: "not" },
      "node-history-pruned",
    ],
    ["the message before data", { code: 1, message: "not", data: "too many" }, "node-history-pruned"],
    ["none", { code: 1, message: "e", data: { message: 7 } }, "node-rpc-error"],
    ["rubbish", { code: Number.NaN, message: [], data: null }, "node-rpc-error"],
  ])("decide by %s", (_, error, code) => {
    expect(classify(error, "n", "m").code).toBe(code);
  });

  it("repeat the node's words shortened and without URLs, and match no more than their begin", () => {
    const message = `see https://key@host/x ${"x".repeat(LIMITS.nodeMessageCharacters)}`;
    const error = classify({ code: 7, message: `${message} too many`.padEnd(2_000, "x") }, "acme", "get");
    expect(error.message).toMatch(/^node acme, get: see \[url\] x+… \(code 7\)$/);
    expect(classify({ message: `${"x".repeat(2_000)} too many` }, "acme", "get").code).toBe("node-rpc-error");
    expect(error.details).toMatchObject({ node: "acme", method: "get", rpcCode: 7 });
  });

  it("say what an error is about", () => {
    const error = classify({ code: 1, message: "not there yet" }, "n", "m");
    expect([isAbout(error, "future"), isAbout(error, "past")]).toEqual([true, false]);
    expect(isAbout(new Error("not yet"), "future")).toBe(false);
    expect(isAbout(new HeadwaterError("internal", "x"), "future")).toBe(false);
  });
});
