import { createHash } from "node:crypto";
import { Recent } from "../../core/recent.ts";
import type { Asked, DialectCall, FaultDialect, Place } from "../faulty-node/fault-dialect.ts";
import { alterAnswer } from "./alter-answer.ts";
import { keyText } from "./wire/base58.ts";

type Json = Readonly<Record<string, unknown>>;

/** Hashes whose slot is remembered: those of a few branches, near the tip. */
const REMEMBERED_HASHES = 10_000;
/** Where no block is, for a hash that nobody has told of. */
const NOWHERE = 2 ** 52;
const CONFIRMED = { commitment: "confirmed" };

/**
 * How to lie in the JSON-RPC of Solana's nodes. Heights are slots. Nothing in a block proves its hash, so forged ones hold the same
 * transactions under another hash and parent, and what is altered adds up: only other operators can tell that it is a lie.
 *
 * A new one for each faulty node: blocks do not say their slot, so it remembers of which slot it has seen them.
 */
export function solanaDialect(): FaultDialect {
  const slotsOfBlocks = new WeakMap<object, number>();
  const slotsOfHashes = new Recent<string, number>(REMEMBERED_HASHES);
  return {
    asked,
    moveTo: ({ method, params }, at) =>
      (method === "getBlock" || method === "getBlockTime") && "height" in at
        ? { method, params: [at.height, ...params.slice(1)] }
        : { method, params },
    headerCall: (at) => headerCall("hash" in at ? (slotsOfHashes.get(at.hash) ?? NOWHERE) : heightOf(at)),
    heightCall: ({ tag }) => ({ method: "getSlot", params: [{ commitment: tag === "latest" ? "confirmed" : tag }] }),
    heightsCall: (from, to) => ({ method: "getBlocks", params: [from, to, CONFIRMED] }),
    missing: ({ params }) => ({
      error: { code: -32004, message: `Block not available for slot ${String(params[0])}` },
    }),
    heightResult: (height) => height,
    note({ method, params }, result) {
      const [slot] = params;
      if (method !== "getBlock" || typeof slot !== "number" || typeof result !== "object" || result === null) return;
      const { blockhash, previousBlockhash, parentSlot } = result as Json;
      slotsOfBlocks.set(result, slot);
      slotsOfHashes.set(String(blockhash), slot);
      if (typeof parentSlot === "number") slotsOfHashes.set(String(previousBlockhash), parentSlot);
    },
    readBlock(result) {
      if (typeof result !== "object" || result === null) return undefined;
      const slot = slotsOfBlocks.get(result);
      const { blockhash: hash, previousBlockhash: parentHash, parentSlot: parentHeight, blockTime } = result as Json;
      if (slot !== undefined && typeof hash === "string" && typeof parentHeight === "number") {
        return {
          height: slot,
          hash,
          parentHash: String(parentHash),
          parentHeight,
          time: 1000 * Number(blockTime ?? 0),
        };
      }
      return readSlotNews(result as Json);
    },
    forge(result, salt, parentHash) {
      const { blockhash } = result as Json;
      // A slot that is pushed names no block.
      if (typeof blockhash !== "string") return { result, hash: `${salt} ${JSON.stringify(result)}` };
      const hash = keyText(createHash("sha256").update(`${salt} ${blockhash} ${parentHash}`).digest());
      return { hash, result: { ...(result as Json), blockhash: hash, previousBlockhash: parentHash } };
    },
    shiftTime(result, seconds) {
      const { blockTime } = result as Json;
      if (typeof blockTime !== "number") return result;
      return { ...(result as Json), blockTime: Math.max(0, blockTime + Math.round(seconds)) };
    },
    alter: alterAnswer,
    readNews(message) {
      const { method, params } = (message ?? {}) as { readonly method?: unknown; readonly params?: Json };
      if (method !== "slotNotification" && method !== "rootNotification") return undefined;
      return {
        header: params?.["result"],
        with: (result) => ({ ...(message as Json), params: { ...params, result } }),
      };
    },
  };
}

function asked({ method, params }: DialectCall): Asked | undefined {
  const [first, second] = params;
  if (method === "getSlot") {
    const { commitment = "finalized" } = (first ?? {}) as Json;
    return { answer: "height", at: { tag: commitment === "finalized" ? "finalized" : "latest" } };
  }
  if (typeof first !== "number") return undefined;
  if (method === "getBlockTime") return { answer: "detail", at: { height: first } };
  if (method !== "getBlock") return undefined;
  const { commitment = "finalized" } = (typeof second === "object" && second !== null ? second : {}) as Json;
  return { answer: "block", at: { height: first }, final: commitment === "finalized" };
}

function headerCall(slot: number): DialectCall {
  const config = { ...CONFIRMED, transactionDetails: "none", rewards: false, maxSupportedTransactionVersion: 0 };
  return { method: "getBlock", params: [slot, config] };
}

function heightOf(at: Exclude<Place, { readonly hash: string }>): number {
  return "height" in at ? at.height : NOWHERE;
}

/** A slot that is pushed, as if it were a block, for faults that hold heads back. */
function readSlotNews({ slot, parent }: Json) {
  if (typeof slot !== "number" || typeof parent !== "number") return undefined;
  return { height: slot, hash: `slot ${slot}`, parentHash: `slot ${parent}`, parentHeight: parent, time: 0 };
}
