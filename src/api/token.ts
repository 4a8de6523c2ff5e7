import { type ChainId, isChainId, quote } from "../core/caip.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";

/** The block that an answer stood on, by which a later read is held to be at least that new. */
export type TokenPlace = { readonly height: number; readonly hashPrefix: string };

const VERSION = 1;

// Enough to tell two blocks of one height apart in a report, and short in a URL.
const HASH_CHARACTERS = 18;

/**
 * The opaque text of where an answer stood, base64url. Callers keep it and send it as `notOlderThan`; it works on every
 * replica, because it names blocks and nothing of the process that made it.
 */
export function encodeToken(
  places: Iterable<readonly [ChainId, { readonly height: number; readonly hash: string }]>,
): string {
  const chains = Object.fromEntries(
    Array.from(places, ([chain, { height, hash }]) => [chain, [height, hash.slice(0, HASH_CHARACTERS)]]),
  );
  return Buffer.from(JSON.stringify([VERSION, chains])).toString("base64url");
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
  const value = parse(text);
  if (!Array.isArray(value) || value.length !== 2) throw invalid(text, "expected a version and its chains");
  const [version, chains]: unknown[] = value;
  if (version !== VERSION) throw invalid(text, `expected version ${VERSION}`);
  if (typeof chains !== "object" || chains === null || Array.isArray(chains)) throw invalid(text, "expected chains");
  const places = new Map<ChainId, TokenPlace>();
  for (const [chain, place] of Object.entries(chains)) {
    if (!isChainId(chain) || !isPlace(place)) throw invalid(text, "expected chain ids, each with height and hash");
    places.set(chain, { height: place[0], hashPrefix: place[1] });
  }
  return places;
}

function isPlace(place: unknown): place is [number, string] {
  if (!Array.isArray(place) || place.length !== 2) return false;
  const [height, hash]: unknown[] = place;
  return Number.isSafeInteger(height) && (height as number) >= 0 && typeof hash === "string";
}

function parse(text: string): unknown {
  // Buffer.from skips what is not base64url: without this check, damaged tokens would be read as other ones.
  if (!/^[\w-]+$/.test(text)) throw invalid(text, "expected base64url");
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    throw invalid(text, "expected an unchanged token of an earlier answer", cause);
  }
}

function invalid(text: string, expected: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError("invalid-token", `notOlderThan=${quote(text)} is not a token: ${expected}`, {
    details: { field: "notOlderThan" },
    cause,
  });
}
