import { describe, expect, it } from "vitest";
import { classifyRefusal, classifyRpcError } from "../../../../src/plugins/solana/rpc-errors.ts";
import { SOLANA_ERRORS } from "../../../support/solana-slots.ts";

type Case = readonly [error: { readonly code: number; readonly message: string }, code: string, reason?: string];

/** Codes and texts of Agave, in the order of its list. */
const AGAVE: readonly Case[] = [
  [SOLANA_ERRORS.cleanedUp(5, 90), "node-history-pruned"],
  [SOLANA_ERRORS.notAvailable(5), "node-block-missing"],
  [SOLANA_ERRORS.behind(213), "node-rpc-error", "unhealthy"],
  [SOLANA_ERRORS.unhealthy, "node-rpc-error", "unhealthy"],
  [SOLANA_ERRORS.skipped(75_140_922), "node-block-skipped", "skipped-or-pruned"],
  [SOLANA_ERRORS.skippedInStorage(5), "node-block-skipped", "skipped-or-pruned"],
  [
    {
      code: -32010,
      message:
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA excluded from account secondary indexes; this RPC method unavailable for key",
    },
    "node-method-unsupported",
    "excluded-key",
  ],
  [
    { code: -32011, message: "Transaction history is not available from this node" },
    "node-method-unsupported",
    "no-history",
  ],
  [{ code: -32012, message: "scan aborted: The accumulated scan results exceeded the limit" }, "node-rpc-error"],
  [{ code: -32013, message: "Transaction signature length mismatch" }, "node-rpc-error", "invalid-params"],
  [SOLANA_ERRORS.notYet(5), "node-block-missing"],
  [
    {
      code: -32015,
      message:
        'Transaction version (1) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": 1',
    },
    "node-rpc-error",
    "transaction-version",
  ],
  [{ code: -32016, message: "Minimum context slot has not been reached" }, "node-block-missing", "behind-context"],
  [{ code: -32019, message: "Failed to query long-term storage; please try again" }, "node-rpc-error", "storage"],
  [SOLANA_ERRORS.commitment, "node-method-unsupported", "commitment"],
  [SOLANA_ERRORS.unknownVariant, "node-rpc-error", "invalid-params"],
  [{ code: -32602, message: "Slot range too large; max 500000" }, "node-rpc-error", "invalid-params"],
  [
    { code: -32602, message: "BigTable query failed (maybe timeout due to too large range?)" },
    "node-rpc-error",
    "storage",
  ],
  [SOLANA_ERRORS.unknownMethod, "node-method-unsupported"],
  [{ code: -32603, message: "Internal error" }, "node-rpc-error"],
];

/** What providers say instead, some of it under Agave's own codes. */
const PROVIDERS: readonly Case[] = [
  [
    {
      code: 429,
      message: "Too many requests for a specific RPC call, contact your app developer or support@rpcpool.com.",
    },
    "node-throttled",
  ],
  [{ code: 429, message: "Connection rate limits exceeded, contact your app developer" }, "node-throttled"],
  [{ code: -32429, message: "max usage reached" }, "node-throttled"],
  [{ code: -32007, message: "50/second request limit reached - reduce calls per second or upgrade" }, "node-throttled"],
  [{ code: -32005, message: "rate limit exceeded" }, "node-throttled"],
  [{ code: -32010, message: "insufficient credits" }, "node-throttled"],
  [{ code: -32009, message: "Slot skipped" }, "node-block-skipped", "skipped-or-pruned"],
  [{ code: 403, message: "Access forbidden, contact your app developer" }, "node-rpc-error", "unauthorized"],
  [{ code: 410, message: "The RPC call or parameters have been disabled." }, "node-method-unsupported"],
  [{ code: -32701, message: "Archive requests require a personal token" }, "node-history-pruned"],
  [{ code: 30, message: "Request timeout on the free tier" }, "node-timeout"],
];

describe("errors of nodes", () => {
  const cases = [...AGAVE, ...PROVIDERS].map(([error, code, reason]) => ({ error, code, reason }));

  it.each(cases)("$error.code $error.message: $code $reason", ({ error, code, reason }) => {
    const classified = classifyRpcError(error, "acme-eu", "getBlock");
    expect([classified.code, classified.details["reason"]]).toEqual([code, reason]);
    expect(classified.details).toMatchObject({ node: "acme-eu", method: "getBlock", rpcCode: error.code });
    expect(classified.message).toContain("node acme-eu, getBlock: ");
  });
});

it.each([
  [{ code: -32004 }, "node-block-missing"],
  [{ code: -32014, message: 7 }, "node-block-missing"],
  [{ code: -32007, message: "" }, "node-block-skipped"],
  [{}, "node-rpc-error"],
])("%j is taken by its code alone, if at all", (error, code) => {
  expect(classifyRpcError(error, "n", "getBlock").code).toBe(code);
});

it.each([
  [403, "<html>forbidden</html>", "node-rpc-error"],
  [401, "", "node-rpc-error"],
  [410, "Gone", "node-method-unsupported"],
  [503, "error: rate limited", "node-throttled"],
  [502, "<html>bad gateway</html>", undefined],
  [500, "", undefined],
])("an HTTP error %i with %j is %s", (status, text, code) => {
  expect(classifyRefusal(status, text, "n", "getBlock")?.code).toBe(code);
});
