import type { BlockRef } from "../../core/model.ts";
import type { DialectCall, FaultDialect, Place } from "../faulty-node/fault-dialect.ts";
import { alterAnswer } from "./alter-answer.ts";
import { forgeHeader, headerOfJson, jsonOfHeader, readHeader, writeHeader } from "./forged-header.ts";

type Json = Readonly<Record<string, unknown>>;

/** Methods whose first parameter is the hash of the block that they are about. */
const BY_HASH: ReadonlySet<string> = new Set(["getblock", "getblockheader"]);
/** Methods that answer with the newest block once there is another. */
const WAITING: ReadonlySet<string> = new Set(["waitfornewblock", "waitforblock", "waitforblockheight"]);
/** Methods about the state after the newest block. */
const AT_TIP: ReadonlySet<string> = new Set(["getblockchaininfo", "scantxoutset", "gettxoutsetinfo", "gettxout"]);

const HASH = /^[0-9a-f]{64}$/i;
const HEX_HEADER_DIGITS = 160;
const NO_PARENT = "0".repeat(64);

/**
 * How to lie in the JSON-RPC of Bitcoin's family. Forged blocks hold the same transactions under another header, with the work
 * that the chain asks for where that can be had (on regtest); altered transactions contradict their block's merkle root.
 * @param finalityDepth blocks on a block, itself included, by which the one who is lied to takes it for final
 */
export function bitcoinDialect(finalityDepth: number): FaultDialect {
  return {
    finalityDepth,
    asked({ method, params }) {
      if (method === "getblockcount") return { answer: "height", at: { tag: "latest" } };
      if (method === "getbestblockhash") return { answer: "hash", at: { tag: "latest" } };
      if (method === "getblockhash" && typeof params[0] === "number")
        return { answer: "hash", at: { height: params[0] } };
      if (WAITING.has(method)) return { answer: "news", at: { tag: "latest" } };
      if (AT_TIP.has(method)) return { answer: "detail", at: { tag: "latest" } };
      const [hash] = params;
      if (!BY_HASH.has(method) || typeof hash !== "string" || !HASH.test(hash)) return undefined;
      return { answer: "block", at: { hash: hash.toLowerCase() } };
    },
    moveTo,
    headerCall: (at) => ({ method: "getblockheader", params: ["hash" in at ? at.hash : "", true] }),
    hashCall: (at) => moveTo({ method: "getbestblockhash", params: [] }, at),
    missing: ({ method }) => ({
      error:
        method === "getblockhash"
          ? { code: -8, message: "Block height out of range" }
          : { code: -5, message: "Block not found" },
    }),
    heightResult: (height) => height,
    newsResult: ({ hash, height }) => ({ hash, height }),
    readBlock,
    forge(result, salt, parentHash) {
      if (typeof result === "string") {
        const forged = forgeHeader(readHeader(result), salt, parentHash);
        return { hash: forged.hash, result: writeHeader(forged) + result.slice(HEX_HEADER_DIGITS) };
      }
      const { nextblockhash: _, ...json } = result as Json;
      const forged = forgeHeader(headerOfJson(json), salt, parentHash);
      return { hash: forged.hash, result: { ...json, ...jsonOfHeader(forged) } };
    },
    shiftTime(result, seconds) {
      if (typeof result === "string") {
        const header = readHeader(result);
        return writeHeader({ ...header, time: header.time + Math.round(seconds) }) + result.slice(HEX_HEADER_DIGITS);
      }
      const json = result as Json;
      return { ...json, time: Math.max(0, Number(json["time"]) + Math.round(seconds)) };
    },
    alter: alterAnswer,
    // News come as answers to those who wait.
    readNews: () => undefined,
  };
}

function moveTo({ method, params }: DialectCall, at: Place): DialectCall {
  if (method === "getbestblockhash" || method === "getblockhash") {
    return "height" in at
      ? { method: "getblockhash", params: [at.height] }
      : { method: "getbestblockhash", params: [] };
  }
  return BY_HASH.has(method) && "hash" in at ? { method, params: [at.hash, ...params.slice(1)] } : { method, params };
}

/** Of serialized blocks nothing: they do not tell their height. */
function readBlock(result: unknown): BlockRef | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const { hash, height, previousblockhash: parentHash = NO_PARENT, time } = result as Json;
  if (typeof hash !== "string" || typeof height !== "number" || typeof time !== "number") return undefined;
  return { height, hash, parentHash: String(parentHash), parentHeight: height - 1, time: time * 1000 };
}
