import type { RpcShape } from "./rpc-shape.ts";

/** Amounts in a node's JSON, of which the largest are not exact as a number of JavaScript. */
const AMOUNTS = /"(value|amount)"\s*:\s*(-?[0-9.eE+-]+)/g;
const COINS = /^([0-9]{1,13})(?:\.([0-9]{1,8}))?$/;
/** How some nodes write the smallest amounts: powers of ten. */
const POWER = /^[0-9](?:\.[0-9]{1,15})?e-0?[0-9]$/i;

/**
 * A JSON answer in which amounts are texts, so that parsing keeps them to the last digit. Within a text of JSON such a key
 * cannot stand: its quotes would be escaped.
 */
export function quoteAmounts(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return Buffer.from(text.replace(AMOUNTS, '"$1":"$2"'));
}

/** An amount in coins, with at most eight decimals, as `quoteAmounts` left it, in the smallest unit. */
export function readCoins(value: unknown, path: string, shape: RpcShape): bigint {
  if (typeof value !== "string") throw shape.refuse(path, "an amount", value);
  const match = COINS.exec(value);
  if (match) return BigInt(match[1] as string) * 100_000_000n + BigInt((match[2] ?? "").padEnd(8, "0"));
  if (POWER.test(value)) return BigInt(Math.round(Number(value) * 1e8));
  throw shape.refuse(path, "an amount", value);
}
