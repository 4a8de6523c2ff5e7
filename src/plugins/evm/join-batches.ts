import type { CallOptions } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import type { RpcCall } from "../json-rpc/messages.ts";

const encoder = new TextEncoder();

/**
 * The responses to any number of calls as one JSON array of bytes, ids from 0 in the order of the calls, put together
 * from as many batches as the node's limits ask for and never parsed here.
 */
export async function joinBatches(
  client: JsonRpcClient,
  calls: readonly RpcCall[],
  options?: CallOptions,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let next = 0;
  while (next < calls.length) {
    const window: Promise<Uint8Array[]>[] = [];
    while (next < calls.length && window.length < LIMITS.nodeConcurrency) {
      const first = next;
      next = Math.min(calls.length, first + client.batchCalls);
      window.push(postChunk(client, calls.slice(first, next), first, options));
    }
    for (const chunk of await Promise.all(window)) pieces.push(...chunk);
  }
  return concatenate(pieces);
}

/** The responses to a few consecutive calls, as texts between which commas belong. */
async function postChunk(
  client: JsonRpcClient,
  calls: readonly RpcCall[],
  firstId: number,
  options?: CallOptions,
): Promise<Uint8Array[]> {
  const [only] = calls;
  if (only && calls.length === 1) return [await client.postCall(only, firstId, options)];
  const ids = calls.map((_, i) => firstId + i);
  const answer = await client.postBatch(calls, ids, options);
  if (answer.kind === "answer") return [inside(answer.bytes)];
  const half = Math.ceil(calls.length / 2);
  const pieces = [
    ...(await postChunk(client, calls.slice(0, half), firstId, options)),
    ...(await postChunk(client, calls.slice(half), firstId + half, options)),
  ];
  client.learnBatchCalls(half);
  return pieces;
}

/** What stands between the brackets of an array. */
function inside(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.indexOf(0x5b) + 1, bytes.lastIndexOf(0x5d));
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode("[")];
  for (const piece of pieces) {
    if (parts.length > 1) parts.push(encoder.encode(","));
    parts.push(piece);
  }
  parts.push(encoder.encode("]"));
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
