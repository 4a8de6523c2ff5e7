import { expect, test } from "vitest";
import { classifyRefusal, classifyRpcError, isRefused } from "../../../../src/plugins/bitcoin/rpc-errors.ts";
import { readErrorBody } from "../../../../src/plugins/json-rpc/answers.ts";

/** What nodes say, as their sources have it, and what it comes to: code, and reason where there is one. */
const SAID: readonly (readonly [number, string, string, string?])[] = [
  [-28, "Loading block index…", "node-unreachable", "warming-up"],
  [-28, "Verifying blocks...", "node-unreachable", "warming-up"],
  [-5, "Block not found", "node-block-missing"],
  [-8, "Block height out of range", "node-block-missing"],
  [-1, "Block number out of range", "node-block-missing"],
  [-1, "Block not found on disk", "node-block-missing"],
  [-1, "Block not available (not fully downloaded)", "node-block-missing"],
  [-1, "Block not available (pruned data)", "node-history-pruned"],
  [-32601, "Method not found", "node-method-unsupported"],
  [-1, "Command unimplemented", "node-method-unsupported"],
  [-8, 'Scan already in progress, use action "abort" or "status"', "node-throttled", "busy"],
  [-5, "No such mempool transaction. Use -txindex or provide a block hash.", "node-rpc-error", "transaction-missing"],
  [
    -5,
    "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.",
    "node-rpc-error",
    "transaction-missing",
  ],
  [-5, "No information available about transaction", "node-rpc-error", "transaction-missing"],
  [-1, "JSON value is not a boolean as expected", "node-rpc-error", "invalid-params"],
  [-3, "Expected type bool, got number", "node-rpc-error", "invalid-params"],
  [-8, "blockhash must be of length 64 (not 3, for 'abc')", "node-rpc-error", "invalid-params"],
  [-26, "min relay fee not met", "node-rpc-error"],
];

test.each(SAID)("%i %s: %s %s", (code, message, expected, reason) => {
  const error = classifyRpcError({ code, message }, "n", "m");
  expect([error.code, error.details["reason"]]).toEqual([expected, reason]);
  expect(error.message).toBe(`node n, m: ${message} (code ${code})`);
});

test("rubbish instead of an error is an error all the same", () => {
  for (const rubbish of [{}, { code: "x", message: 7 }, { message: "\u0000".repeat(10_000) }]) {
    expect(classifyRpcError(rubbish, "n", "m").code).toBe("node-rpc-error");
  }
});

test("what nodes say without JSON: busy, or not to you", () => {
  expect(classifyRefusal(500, "Work queue depth exceeded", "n", "m")?.code).toBe("node-throttled");
  expect(classifyRefusal(503, "Work queue depth exceeded", "n", "m")?.code).toBe("node-throttled");
  for (const status of [401, 403]) expect(isRefused(classifyRefusal(status, "", "n", "m"))).toBe(true);
  expect(classifyRefusal(502, "<html>Bad gateway</html>", "n", "m")).toBeUndefined();
  expect(classifyRefusal(404, "", "n", "m")).toBeUndefined();
});

test("an error whose text is longer than what is kept of an HTTP answer is read as far as it goes", () => {
  const whole = JSON.stringify({
    result: null,
    error: { code: -1, message: `getblock "hash"\n${"x".repeat(900)}` },
    id: 1,
  });
  expect(readErrorBody(whole)).toMatchObject({ code: -1 });
  const cut = readErrorBody(whole.slice(0, 500));
  expect(cut?.code).toBe(-1);
  expect(cut?.message).toMatch(/^getblock .hash..x+$/);
  for (const text of ["", "<html>", '{"error":{"message":"no code', '{"error":null,"result":1']) {
    expect(readErrorBody(text)).toBeUndefined();
  }
});
