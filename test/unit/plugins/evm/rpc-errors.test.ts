import { describe, expect, it } from "vitest";
import { classifyRpcError, isRpcError } from "../../../../src/plugins/evm/rpc-errors.ts";

/** Who says it, the error's code and message as that software words them, what it means, and why where it tells. */
type Row = [who: string, code: unknown, message: string, means: string, reason?: string];

const HASH = "0x992eacd1f3b44a51b91065eb946c1fda63da35b3e05497ef6e71f3d9f0c3688b";

const messages: Row[] = [
  ["geth", -32000, `missing trie node ${HASH.slice(2)} (path )`, "node-history-pruned"],
  ["geth", -32000, `missing trie node ab (path ) state ${HASH} is not available, not found`, "node-history-pruned"],
  ["geth", -32000, `historical state ${HASH} is not available`, "node-history-pruned"],
  ["geth", -32000, "required historical state unavailable (reexec=128)", "node-history-pruned"],
  ["geth", -32000, "historical state not available in path scheme yet", "node-history-pruned"],
  ["geth", -32000, "state histories haven't been fully indexed yet", "node-history-pruned"],
  ["geth", 4444, "pruned history unavailable", "node-history-pruned"],
  ["geth", -32000, "header not found", "node-block-missing"],
  ["geth", -32000, "header for hash not found", "node-block-missing"],
  ["geth", -32000, "block #999 not found", "node-block-missing"],
  ["geth", -32000, `block ${HASH} not found`, "node-block-missing"],
  ["geth", -32000, "finalized block not found", "node-block-missing"],
  ["geth", -32000, "safe block not found", "node-block-missing"],
  ["geth", -32000, "hash is not currently canonical", "node-block-missing"],
  ["geth", -32000, "request beyond head block", "node-block-missing"],
  ["geth", -32601, "the method debug_traceBlockByHash does not exist/is not available", "node-method-unsupported"],
  [
    "geth",
    -32602,
    "invalid argument 1: json: cannot unmarshal object into Go value of type string",
    "node-rpc-error",
    "invalid-params",
  ],
  ["geth", -32602, "missing value for required argument 1", "node-rpc-error", "invalid-params"],
  ["geth", 3, "execution reverted: missing trie node in the contract's words", "node-rpc-error", "reverted"],
  ["geth", -32000, "execution reverted", "node-rpc-error", "reverted"],
  ["geth", -32000, "out of gas", "node-rpc-error", "reverted"],
  ["geth", -32000, "invalid opcode: INVALID", "node-rpc-error", "reverted"],
  ["geth", -32000, "stack underflow (0 <=> 1)", "node-rpc-error", "reverted"],
  ["geth", -32000, "execution aborted (timeout = 5s)", "node-timeout"],
  ["geth", -32002, "request timed out", "node-timeout"],
  ["geth", -32003, "response too large", "node-response-too-large"],
  ["geth", -32600, "batch too large", "node-rpc-error", "batch"],
  ["geth", -32000, "ReferenceError: callTracer is not defined", "node-method-unsupported"],
  ["erigon", -32000, "old data not available due to pruning: requested block 1", "node-history-pruned"],
  ["erigon", -32603, `hash ${HASH.slice(2)} is not currently canonical`, "node-block-missing"],
  ["erigon", -32000, "batch limit 100 exceeded: 142 requests given", "node-rpc-error", "batch"],
  ["erigon", -32000, "distance to target block exceeds maximum proof window", "node-history-pruned"],
  ["nethermind", -32002, `No state available for block 4883473 (${HASH})`, "node-history-pruned"],
  ["nethermind", -32001, `${HASH} could not be found`, "node-block-missing"],
  ["nethermind", -32000, "BlockHash could not be found", "node-block-missing"],
  ["nethermind", -32015, "VM execution error.", "node-rpc-error", "reverted"],
  ["nethermind", -32601, "Method eth_foo is not supported", "node-method-unsupported"],
  ["nethermind", -32005, "Batch size limit exceeded", "node-rpc-error", "batch"],
  ["besu", -32000, "World state unavailable", "node-history-pruned"],
  ["besu", -39001, "Unknown block", "node-block-missing"],
  ["besu", -32000, "Block not found", "node-block-missing"],
  ["besu", -32601, "Method not found", "node-method-unsupported"],
  ["besu", -32604, "Method not enabled", "node-method-unsupported"],
  ["besu", -32000, "Execution reverted", "node-rpc-error", "reverted"],
  ["besu", -32602, "Invalid block param (block not found)", "node-block-missing"],
  ["besu", -32602, "Invalid params", "node-rpc-error", "invalid-params"],
  ["besu", -32005, "Number of requests exceeds max batch size", "node-rpc-error", "batch"],
  ["reth", -32603, "State at block #11052984 is pruned", "node-history-pruned"],
  ["reth", -32001, `block not found: hash ${HASH}`, "node-block-missing"],
  ["reth", -32001, "header not found", "node-block-missing"],
  [
    "openethereum",
    -32000,
    "This request is not supported because your node is running with state pruning. Run with --pruning=archive.",
    "node-history-pruned",
  ],
  ["anvil", -32602, "BlockOutOfRangeError: block height is 0 but requested was 153", "node-block-missing"],
  ["anvil", -32001, "Resource not found", "node-block-missing"],
  ["anvil", -32601, "Method not found", "node-method-unsupported"],
  ["anvil", -32603, "EVM error InvalidFEOpcode", "node-rpc-error", "reverted"],
  [
    "anvil",
    -32602,
    "unknown field `nonsense`, expected one of `blockNumber`, `blockHash`, `requireCanonical`",
    "node-rpc-error",
    "invalid-params",
  ],
  ["avalanche", -32000, "cannot query unfinalized data", "node-block-missing"],
  [
    "alchemy",
    429,
    "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore this message. https://docs.alchemy.example/rate-limits",
    "node-throttled",
  ],
  [
    "alchemy",
    -32600,
    "eth_getBlockReceipts is not available on the Free tier - upgrade to Pay As You Go",
    "node-method-unsupported",
  ],
  ["alchemy", -32600, "Must be authenticated!", "node-rpc-error", "unauthorized"],
  ["infura", -32005, "daily request count exceeded, request rate limited", "node-throttled"],
  ["infura", -32005, "project ID request rate exceeded", "node-throttled"],
  ["infura", -32002, "project ID does not have access to archive state", "node-history-pruned"],
  ["infura", -32601, "The method debug_traceBlockByHash does not exist/is not available", "node-method-unsupported"],
  [
    "quicknode",
    -32007,
    "15/second request limit reached - reduce calls per second or upgrade your account",
    "node-throttled",
  ],
  [
    "quicknode",
    -32601,
    "method debug_traceBlockByHash is not included in your current plan",
    "node-method-unsupported",
  ],
  ["tenderly", -32005, "rate limit exceeded", "node-throttled"],
  ["a provider", -32005, "limit exceeded", "node-throttled"],
  ["a provider", 429, "Too Many Requests", "node-throttled"],
  ["a provider", "429", "slow down", "node-throttled"],
  ["a provider", -32097, "rate-limited", "node-throttled"],
  ["a provider", -32600, "too many requests in batch", "node-rpc-error", "batch"],
  ["a provider", -32000, "Batch requests are not supported", "node-rpc-error", "batch"],
  ["a provider", -32000, "invalid api key", "node-rpc-error", "unauthorized"],
  ["a provider", -32603, "Internal error", "node-rpc-error"],
];

describe("classifyRpcError", () => {
  it.each(messages)("%s: %s %s", (_who, code, message, means, reason) => {
    const error = classifyRpcError({ code, message }, "acme-eu", "eth_call");
    expect([error.code, error.details["reason"]]).toEqual([means, reason]);
    expect(error.message).toMatch(/^node acme-eu, eth_call: /);
  });

  it("reads the data where the message tells nothing", () => {
    const data = "Nethermind.Trie.MissingTrieNodeException: Node A: P:2 H:0x99 is missing from the DB";
    expect(classifyRpcError({ code: -32603, message: "Internal error", data }, "n", "m").code).toBe(
      "node-history-pruned",
    );
    const nested = { code: -32603, message: "Internal error", data: { message: "header not found" } };
    expect(classifyRpcError(nested, "n", "m").code).toBe("node-block-missing");
  });

  it("never repeats a URL, control characters or a megabyte", () => {
    const message = `see https://user:secret@node.example/v2/abcdef?key=1 \u0000\n${"x".repeat(1_000_000)}`;
    const error = classifyRpcError({ code: 1, message }, "acme-eu", "eth_call");
    expect(error.message).not.toMatch(/secret|abcdef|\n/);
    expect(error.message).not.toContain("\u0000");
    expect(error.message.length).toBeLessThan(400);
    expect(JSON.stringify(error.details)).not.toContain("secret");
  });

  const odd: unknown[] = [undefined, null, 7, true, [], {}, "", Number.NaN, Symbol.iterator];
  it("takes whatever an error object holds", () => {
    for (const value of odd) {
      const error = classifyRpcError({ code: value, message: value, data: value }, "n", "m");
      expect(error.code).toBe("node-rpc-error");
    }
  });

  it("says where its error was sent from and with which code", () => {
    const error = classifyRpcError({ code: -32602, message: "Invalid params" }, "acme-eu", "eth_call");
    expect(error.details).toEqual({ node: "acme-eu", method: "eth_call", rpcCode: -32602, reason: "invalid-params" });
    expect(isRpcError(error, "invalid-params")).toBe(true);
    expect(isRpcError(error, "reverted")).toBe(false);
    expect(isRpcError(new Error("invalid params"), "invalid-params")).toBe(false);
  });
});
