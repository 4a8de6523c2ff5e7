import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { PART_IDS, parseRaw } from "../../../../src/plugins/evm/raw.ts";
import { BLOCK_HASH, buildHeader, buildReceipt, buildTransaction } from "../../../support/evm-block.ts";

type Parts = Readonly<Record<string, unknown>>;

function parse(parts: Parts) {
  const bytes = Object.entries(parts).map(([name, part]) => [
    name,
    Buffer.from(typeof part === "string" ? part : JSON.stringify(part)),
  ]);
  return parseRaw({ asked: { height: 5 }, profile: "evm/1", node: "acme", parts: Object.fromEntries(bytes) });
}

function errorOf(parts: Parts): HeadwaterError {
  try {
    parse(parts);
  } catch (error) {
    if (error instanceof HeadwaterError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

function response(result: unknown, id: number = PART_IDS.block) {
  return { jsonrpc: "2.0", id, result };
}

const block = buildHeader({ transactions: [buildTransaction()] });
const receipts = [buildReceipt()];

describe("the parts of a raw block", () => {
  test("one by one", () => {
    const parsed = parse({ block: response(block), receipts: response(receipts, PART_IDS.receipts) });
    expect(parsed.block.hash).toBe(BLOCK_HASH);
    expect(parsed.receipts).toHaveLength(1);
    expect(parsed).toMatchObject({ calls: undefined, diffs: undefined, uncles: undefined });
  });

  test("as a batch, in any order", () => {
    const parsed = parse({ batch: [response(receipts, PART_IDS.receipts), response(block)] });
    expect(parsed.block.transactions).toHaveLength(1);
    expect(parsed.receipts).toHaveLength(1);
  });

  test("receipts and uncles one response each, by their positions", () => {
    const second = buildReceipt({ transactionIndex: "0x1" });
    const parsed = parse({
      block: response(block),
      receipts: [response(second, 1), response(receipts[0], 0)],
      uncles: [response(buildHeader(), 0)],
    });
    expect(parsed.receipts?.map(({ transactionIndex }) => transactionIndex)).toEqual(["0x0", "0x1"]);
    expect(parsed.uncles).toHaveLength(1);
  });

  test("are parsed once", () => {
    const raw = {
      asked: { height: 5 },
      profile: "evm/1",
      node: "acme",
      parts: { block: Buffer.from(JSON.stringify(response(block))) },
    };
    expect(parseRaw(raw)).toBe(parseRaw(raw));
  });

  test("hex in upper case is folded, and a null where a field is optional is as if it were not there", () => {
    const odd = { ...block, hash: `0x${"AB".repeat(32)}`, miner: `0x${"Dd".repeat(20)}`, baseFeePerGas: null };
    const logs = [{ address: `0x${"Aa".repeat(20)}`, topics: [`0x${"Ff".repeat(32)}`], data: "0xAB", logIndex: "0x0" }];
    const parsed = parse({
      block: response({ ...odd, transactions: [{ ...buildTransaction(), type: "0x02", to: undefined }] }),
      receipts: response([{ ...buildReceipt(), status: "0x01", logs, contractAddress: null }]),
    });
    expect(parsed.block).toMatchObject({ hash: `0x${"ab".repeat(32)}`, miner: `0x${"dd".repeat(20)}` });
    expect(parsed.block.baseFeePerGas).toBeUndefined();
    expect(parsed.block.transactions[0]).toMatchObject({ type: "0x2", to: null });
    expect(parsed.receipts?.[0]).toMatchObject({ status: "0x1", contractAddress: undefined });
    expect(parsed.receipts?.[0]?.logs[0]).toMatchObject({ topics: [`0x${"ff".repeat(32)}`], data: "0xab" });
  });
});

describe("an answer that cannot be read is refused", () => {
  const good = response(block);
  test.each<[string, Parts, string, string]>([
    ["no block", {}, "node-bad-response", "acme, block"],
    ["HTML", { block: "<html><body>502 Bad Gateway</body></html>" }, "node-bad-response", "<html><body>502"],
    ["truncated JSON", { block: JSON.stringify(good).slice(0, 200) }, "node-bad-response", "expected JSON"],
    ["nothing", { block: "" }, "node-bad-response", "got nothing"],
    ["no response", { block: "7" }, "node-bad-response", "a JSON-RPC response"],
    ["a response without result", { block: { jsonrpc: "2.0", id: 1 } }, "node-bad-response", "with a result"],
    ["a result of another kind", { block: response("0x1") }, "node-bad-response", "an object"],
    ["no such block", { block: response(null) }, "node-block-missing", "eth_getBlock"],
    ["no such receipts", { block: good, receipts: response(null) }, "node-block-missing", "eth_getBlockReceipts"],
    [
      "one receipt missing",
      { block: good, receipts: [response(null, 0)] },
      "node-block-missing",
      "eth_getBlockReceipts",
    ],
    ["a gap in the receipts", { block: good, receipts: [response({}, 4)] }, "node-bad-response", "ids from 0 to 0"],
    [
      "hashes of transactions",
      { block: response({ ...block, transactions: [BLOCK_HASH] }) },
      "node-bad-response",
      "whole",
    ],
    ["a batch that is none", { batch: good }, "node-bad-response", "an array of JSON-RPC responses"],
    ["a batch without the block", { batch: [response([], 2)] }, "node-bad-response", "acme, block"],
    ["a batch with a foreign id", { batch: [good, response({}, 9)] }, "node-bad-response", "ids among 1, 2, 3, 4, 5"],
    ["a batch with an id twice", { batch: [good, good] }, "node-bad-response", "one response with id 1"],
    ["a batch without ids", { batch: [{ result: block }] }, "node-bad-response", "an id that was asked"],
  ])("%s", (_name, parts, code, says) => {
    const error = errorOf(parts);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  test("an answer is repeated to 80 characters only", () => {
    expect(errorOf({ block: "x".repeat(100_000) }).message.length).toBeLessThan(200);
  });

  test("an error of the node is put into the taxonomy, also one for a whole batch", () => {
    const error = { code: -32000, message: "something went wrong" };
    expect(errorOf({ block: { jsonrpc: "2.0", id: 1, error } }).message).toContain("something went wrong");
    expect(errorOf({ batch: { jsonrpc: "2.0", id: null, error } }).message).toContain("something went wrong");
    expect(errorOf({ batch: [{ jsonrpc: "2.0", id: null, error }] }).message).toContain("something went wrong");
  });
});

describe("a field of another form is named with its path", () => {
  const log = { address: `0x${"a".repeat(40)}`, topics: [], data: "0x", logIndex: "0x0" };
  const deep = JSON.parse(`${'{"type":"CALL","from":"0x'}${"a".repeat(40)}${'","calls":['}${"]}"}`) as object;
  test.each<[string, Parts]>([
    ["block.hash", { block: response({ ...block, hash: "0x12" }) }],
    ["block.number", { block: response({ ...block, number: "0x20000000000000" }) }],
    ["block.transactions", { block: response({ ...block, transactions: {} }) }],
    [
      "block.transactions[0].value",
      { block: response({ ...block, transactions: [buildTransaction({ value: "7" })] }) },
    ],
    [
      "block.transactions[0].input",
      { block: response({ ...block, transactions: [buildTransaction({ input: "0x123" })] }) },
    ],
    [
      "block.withdrawals[0].amount",
      { block: response({ ...block, withdrawals: [{ index: "0x1", validatorIndex: "0x1" }] }) },
    ],
    ["receipts[0].logs[0].data", withLogs({ ...log, data: "0xzz" })],
    ["receipts[0].logs[0].topics[1]", withLogs({ ...log, topics: [BLOCK_HASH, 7] })],
    ["receipts[0].gasUsed", { block: response(block), receipts: response([{ ...buildReceipt(), gasUsed: 21000 }]) }],
    ["calls[0].result.calls[0]", { block: response(block), calls: response([{ result: { ...deep, calls: [7] } }]) }],
    ["calls[0].result.value", { block: response(block), calls: response([{ result: { ...deep, value: "1" } }]) }],
    ["diffs[0].result.pre", { block: response(block), diffs: response([{ result: { post: {} } }]) }],
  ])("%s", (path, parts) => {
    const error = errorOf(parts);
    expect(error.code).toBe("node-bad-response");
    expect(error.message).toContain(`acme, ${path}: expected`);
  });

  test("calls nested deeper than any machine allows are refused rather than followed", () => {
    const frame = `{"type":"CALL","from":"0x${"a".repeat(40)}","calls":[`;
    const text = `${frame.repeat(5_000)}${"]}".repeat(5_000)}`;
    const calls = `{"jsonrpc":"2.0","id":3,"result":[{"result":${text}}]}`;
    expect(errorOf({ block: response(block), calls }).message).toContain("calls within the depth limit");
  });

  function withLogs(...logs: unknown[]): Parts {
    return { block: response(block), receipts: response([{ ...buildReceipt(), logs }]) };
  }
});
