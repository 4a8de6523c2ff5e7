import { type ChainId, isChainId, quote } from "../core/caip.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import { decodeOpaque, encodeOpaque } from "./opaque-text.ts";

/** The block that an answer stood on, by which a later read is held to be at least that new. */
export type TokenPlace = { readonly height: number; readonly hashEnd: string };

const VERSION = 1;

// Enough to tell two blocks of one height apart in a report, and short in a URL. Of its end: where blocks are found by work,
// hashes begin with zeros.
const HASH_CHARACTERS = 18;

/**
 * The opaque text of where an answer stood, base64url. Callers keep it and send it as `notOlderThan`; it works on every
 * replica, because it names blocks and nothing of the process that made it.
 */
export function encodeToken(
  places: Iterable<readonly [ChainId, { readonly height: number; readonly hash: string }]>,
): string {
  const chains = Object.fromEntries(
    Array.from(places, ([chain, { height, hash }]) => [chain, [height, hash.slice(-HASH_CHARACTERS)]]),
  );
  return encodeOpaque([VERSION, chains]);
}

// Almost every read stands on the newest block, whose ref is one object until the next commit.
const ofBlocks = new WeakMap<BlockRef, string>();

/** The token of an answer that stands on one block of one chain. */
export function tokenOf(chain: ChainId, ref: BlockRef): string {
  let token = ofBlocks.get(ref);
  if (token === undefined) {
    token = encodeToken([[chain, ref]]);
    ofBlocks.set(ref, token);
  }
  return token;
}

/** @throws HeadwaterError `invalid-token` */
export function decodeToken(text: string): ReadonlyMap<ChainId, TokenPlace> {
  const value = decodeOpaque(text);
  if (value === undefined) throw invalid(text, "expected an unchanged token of an earlier answer");
  if (!Array.isArray(value) || value.length !== 2) throw invalid(text, "expected a version and its chains");
  const [version, chains]: unknown[] = value;
  if (version !== VERSION) throw invalid(text, `expected version ${VERSION}`);
  if (typeof chains !== "object" || chains === null || Array.isArray(chains)) throw invalid(text, "expected chains");
  const places = new Map<ChainId, TokenPlace>();
  for (const [chain, place] of Object.entries(chains)) {
    if (!isChainId(chain) || !isPlace(place)) throw invalid(text, "expected chain ids, each with height and hash");
    places.set(chain, { height: place[0], hashEnd: place[1] });
  }
  return places;
}

function isPlace(place: unknown): place is [number, string] {
  if (!Array.isArray(place) || place.length !== 2) return false;
  const [height, hash]: unknown[] = place;
  return Number.isSafeInteger(height) && (height as number) >= 0 && typeof hash === "string";
}

function invalid(text: string, expected: string): HeadwaterError {
  return new HeadwaterError("invalid-token", `notOlderThan=${quote(text)} is not a token: ${expected}`, {
    details: { field: "notOlderThan" },
  });
}
