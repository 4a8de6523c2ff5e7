import type { BlockRef } from "../../core/model.ts";
import type { Alteration, Asked, DialectCall, FaultDialect, Place } from "../faulty-node/fault-dialect.ts";
import { headerHash } from "./header-hash.ts";

type Json = Readonly<Record<string, unknown>>;

/** Methods about a block, by the position of the parameter that names it. */
const ABOUT_BLOCK: Readonly<Record<string, { readonly answer: Asked["answer"]; readonly at: number }>> = {
  eth_getBlockByNumber: { answer: "block", at: 0 },
  eth_getBlockByHash: { answer: "block", at: 0 },
  eth_getBlockReceipts: { answer: "detail", at: 0 },
  debug_traceBlockByNumber: { answer: "detail", at: 0 },
  debug_traceBlockByHash: { answer: "detail", at: 0 },
  eth_getUncleByBlockHashAndIndex: { answer: "detail", at: 0 },
  eth_call: { answer: "detail", at: 1 },
  eth_getBalance: { answer: "detail", at: 1 },
  eth_getCode: { answer: "detail", at: 1 },
  eth_getTransactionCount: { answer: "detail", at: 1 },
  eth_getStorageAt: { answer: "detail", at: 2 },
  eth_getProof: { answer: "detail", at: 2 },
};

/** Methods that take a height or a hash, each with the one that takes the other. */
const TWINS: readonly (readonly [byHeight: string, byHash: string])[] = [
  ["eth_getBlockByNumber", "eth_getBlockByHash"],
  ["debug_traceBlockByNumber", "debug_traceBlockByHash"],
];

/**
 * How to lie in Ethereum's JSON-RPC. Forged blocks differ in `extraData` and have the hash of their header; altered
 * transactions and receipts contradict their block's roots.
 */
export const evmDialect: FaultDialect = {
  asked({ method, params }) {
    if (method === "eth_blockNumber") return { answer: "height", at: { tag: "latest" } };
    const about = ABOUT_BLOCK[method];
    const at = about && readPlace(params[about.at] ?? "latest");
    return about && at && { answer: about.answer, at };
  },
  moveTo({ method, params }, at) {
    const about = ABOUT_BLOCK[method];
    if (!about) return { method, params };
    const twins = TWINS.find((pair) => pair.includes(method));
    const moved = [...params];
    moved[about.at] = writePlace(at, about.at > 0);
    return { method: twins ? twins["hash" in at ? 1 : 0] : method, params: moved };
  },
  headerCall: (at) => ({
    method: "hash" in at ? "eth_getBlockByHash" : "eth_getBlockByNumber",
    params: [writePlace(at, false), false],
  }),
  heightResult: (height) => `0x${height.toString(16)}`,
  readBlock,
  forge(result, salt, parentHash) {
    const header = { ...(result as Json), parentHash, extraData: `0x${Buffer.from(salt).toString("hex")}` };
    const hash = headerHash(header);
    return { hash, result: { ...header, hash } };
  },
  shiftTime(result, seconds) {
    const block = result as Json;
    const shifted = Math.max(0, Number(block["timestamp"]) + Math.round(seconds));
    return { ...block, timestamp: `0x${shifted.toString(16)}` };
  },
  alter,
  readNews(message) {
    const { method, params } = (message ?? {}) as { readonly method?: unknown; readonly params?: Json };
    if (method !== "eth_subscription" || !readBlock(params?.["result"])) return undefined;
    return {
      header: params?.["result"],
      with: (result) => ({ ...(message as Json), params: { ...params, result } }),
    };
  },
};

function readBlock(result: unknown): BlockRef | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const { hash, parentHash, number, timestamp } = result as Json;
  if (typeof hash !== "string" || typeof number !== "string") return undefined;
  const height = Number(number);
  return { height, hash, parentHash: String(parentHash), parentHeight: height - 1, time: Number(timestamp) * 1000 };
}

function readPlace(text: unknown): Place | undefined {
  if (typeof text === "object" && text !== null) {
    const { blockHash, blockNumber } = text as Json;
    return readPlace(blockHash ?? blockNumber);
  }
  if (typeof text !== "string") return undefined;
  if (text === "latest" || text === "safe" || text === "finalized") return { tag: text };
  if (text === "earliest") return { height: 0 };
  if (!/^0x[0-9a-f]+$/i.test(text)) return undefined;
  return text.length === 66 ? { hash: text.toLowerCase() } : { height: Number(text) };
}

/** @param state whether a hash must stand in an object of its own, as EIP-1898 has it for questions about the state */
function writePlace(at: Place, state: boolean): unknown {
  if ("tag" in at) return at.tag;
  if ("height" in at) return `0x${at.height.toString(16)}`;
  return state ? { blockHash: at.hash } : at.hash;
}

function alter({ method }: DialectCall, result: unknown, how: Alteration): unknown {
  switch (how) {
    case "wrong-chain":
      return alterChain(method, result);
    case "changed-balance":
      return alterBalance(method, result);
    case "changed-movement":
      return Array.isArray(result) ? alterFirstLog(result, bumpData) : alterFirstValue(result);
    case "missing-movement":
      return Array.isArray(result) ? alterFirstLog(result, () => undefined) : undefined;
  }
}

function alterChain(method: string, result: unknown): unknown {
  if (method === "eth_chainId") return `0x${(BigInt(String(result)) + 1n).toString(16)}`;
  return method === "net_version" ? `${BigInt(String(result)) + 1n}` : undefined;
}

/** The native balance, or the last word that a call returns: a token's balance, alone or at the end of many. */
function alterBalance(method: string, result: unknown): unknown {
  if (typeof result !== "string") return undefined;
  if (method === "eth_getBalance") return `0x${(BigInt(result) + 1n).toString(16)}`;
  return method === "eth_call" && result.length >= 66 ? bumpDigit(result) : undefined;
}

function alterFirstValue(result: unknown): unknown {
  const transactions = (result as Json | null)?.["transactions"];
  if (!Array.isArray(transactions) || typeof transactions[0] !== "object") return undefined;
  const [first, ...rest] = transactions as readonly Json[];
  const value = `0x${(BigInt(String(first?.["value"] ?? "0x0")) + 1n).toString(16)}`;
  return { ...(result as Json), transactions: [{ ...first, value }, ...rest] };
}

/** Receipts with the first log of all changed, or left out where the change gives nothing. */
function alterFirstLog(receipts: readonly unknown[], change: (log: Json) => Json | undefined): unknown {
  const at = receipts.findIndex((receipt) => ((receipt as Json | null)?.["logs"] as unknown[] | undefined)?.[0]);
  const receipt = receipts[at] as Json | undefined;
  if (!receipt) return undefined;
  const [first, ...rest] = receipt["logs"] as readonly Json[];
  const changed = first && change(first);
  const logs = changed ? [changed, ...rest] : rest;
  return receipts.map((other, i) => (i === at ? { ...receipt, logs } : other));
}

function bumpData(log: Json): Json {
  const data = String(log["data"]);
  return data.length > 2 ? { ...log, data: bumpDigit(data) } : { ...log, address: bumpDigit(String(log["address"])) };
}

function bumpDigit(hex: string): string {
  return hex.slice(0, -1) + ((Number.parseInt(hex.slice(-1), 16) + 1) % 16).toString(16);
}
