import { createHash } from "node:crypto";
import { quote } from "../core/caip.ts";
import type { HistoryPlace, OutputPlace } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import { decodeOpaque, encodeOpaque } from "./opaque-text.ts";

/** Which list a cursor goes through. A cursor of one list is refused by another. */
export type CursorKind = "balances" | "transactions" | "history" | "utxos" | "pending" | "evidence";

type CursorValue = string | number;

const VERSION = 1;

/**
 * The opaque text of a place in one list, base64url. It carries a short hash over the list (`subject`: account, filters)
 * and the place, so that a damaged cursor, or one of another account, is refused rather than followed.
 */
function encode(kind: CursorKind, subject: string, place: readonly CursorValue[]): string {
  return encodeOpaque([VERSION, seal(kind, subject, place), ...place]);
}

/** @throws HeadwaterError `invalid-cursor` */
function decode(kind: CursorKind, subject: string, text: string): CursorValue[] {
  const value = decodeOpaque(text);
  if (!Array.isArray(value)) throw invalidCursor(text);
  const [version, sealed, ...place]: unknown[] = value;
  const values = place.filter((part) => typeof part === "string" || typeof part === "number");
  if (version !== VERSION || values.length !== place.length || sealed !== seal(kind, subject, values)) {
    throw invalidCursor(text);
  }
  return values;
}

function seal(kind: CursorKind, subject: string, place: readonly CursorValue[]): string {
  return createHash("sha256")
    .update(JSON.stringify([kind, subject, ...place]))
    .digest("base64url")
    .slice(0, 12);
}

function invalidCursor(text: string): HeadwaterError {
  return new HeadwaterError(
    "invalid-cursor",
    `cursor=${quote(text)} does not belong here: expected \`next\` of a page of the same list and filter, unchanged`,
    { details: { field: "cursor" } },
  );
}

/** A page of balances goes on after an asset, on the very block that the first page stood on. */
export type BalancesPlace = { readonly height: number; readonly hash: string; readonly asset: string };

export function encodeBalancesCursor(subject: string, { height, hash, asset }: BalancesPlace): string {
  return encode("balances", subject, [height, hash, asset]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodeBalancesCursor(subject: string, text: string): BalancesPlace {
  const [height, hash, asset] = decode("balances", subject, text);
  return { height: height as number, hash: hash as string, asset: asset as string };
}

/** A page of transactions goes on below the last one shown. New blocks come above it, so they move nothing. */
export function encodeTransactionsCursor(subject: string, { height, index }: HistoryPlace): string {
  return encode("transactions", subject, [height, index]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodeTransactionsCursor(subject: string, text: string): HistoryPlace {
  const [height, index] = decode("transactions", subject, text);
  return { height: height as number, index: index as number };
}

/** A page of balance points goes on at a height, which is included. */
export function encodeHistoryCursor(subject: string, to: number): string {
  return encode("history", subject, [to]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodeHistoryCursor(subject: string, text: string): number {
  return decode("history", subject, text)[0] as number;
}

/**
 * A page of unspent outputs goes on above the last one shown: new blocks add to the end. `asOf` is the block that the page
 * stood on: while it is of the chain, nothing came in below, and nothing that was spent then is unspent again.
 */
export type UtxosPlace = OutputPlace & { readonly asOf: { readonly height: number; readonly hash: string } };

export function encodeUtxosCursor(subject: string, { height, index, position, asOf }: UtxosPlace): string {
  return encode("utxos", subject, [height, index, position, asOf.height, asOf.hash]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodeUtxosCursor(subject: string, text: string): UtxosPlace {
  const [height, index, position, asOfHeight, asOfHash] = decode("utxos", subject, text);
  return {
    height: height as number,
    index: index as number,
    position: position as number,
    asOf: { height: asOfHeight as number, hash: asOfHash as string },
  };
}

/** A page of pending transactions goes on after the last one shown. What is heard later comes above it. */
export type PendingPlace = { readonly firstSeen: number; readonly id: string };

export function encodePendingCursor(subject: string, { firstSeen, id }: PendingPlace): string {
  return encode("pending", subject, [firstSeen, id]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodePendingCursor(subject: string, text: string): PendingPlace {
  const [firstSeen, id] = decode("pending", subject, text);
  return { firstSeen: firstSeen as number, id: id as string };
}

/** A page of evidence goes on below a sequence number. */
export function encodeEvidenceCursor(chain: string, before: number): string {
  return encode("evidence", chain, [before]);
}

/** @throws HeadwaterError `invalid-cursor` */
export function decodeEvidenceCursor(chain: string, text: string): number {
  return decode("evidence", chain, text)[0] as number;
}
