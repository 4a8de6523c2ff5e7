import { createHash } from "node:crypto";
import type { RawBlock } from "../../core/contracts/plugin.ts";
import { hashContent } from "../../core/ledger/content-hash.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { ContentMark, MarkedCopy } from "../decode-protocol.ts";

/** What other copies of the block are compared with. */
export function markOf(raw: RawBlock, sealed: SealedBlock): ContentMark {
  return { bytes: hashBytes(raw), content: hashContent(sealed) };
}

/** How a copy is read: `decode` decodes and seals, `verify` does so once it is verified. */
export type CopyReader = { readonly decode: () => SealedBlock; readonly verify: () => SealedBlock };

/**
 * The mark of a copy, at the least cost. Nodes of one software often answer byte for byte alike: then it is the copy that it is
 * compared with. Where it comes to the same from other bytes, that one was verified, and to verify signatures again would be
 * most of the work. Only what differs is verified by itself: it may contradict itself rather than the other.
 * @param like a verified copy of the same block, asked for in the same way
 * @throws what `verify` throws
 */
export function markCopy(raw: RawBlock, like: MarkedCopy | undefined, { decode, verify }: CopyReader): MarkedCopy {
  const bytes = hashBytes(raw);
  if (like && bytes === like.mark.bytes) return like;
  if (like && contentOf(decode) === like.mark.content) return { ref: like.ref, mark: { ...like.mark, bytes } };
  const sealed = verify();
  return { ref: sealed.ref, mark: { bytes, content: hashContent(sealed) } };
}

/** Undefined where it cannot be decoded: what is wrong with it is found by verifying it. */
function contentOf(decode: () => SealedBlock): string | undefined {
  try {
    return hashContent(decode());
  } catch {
    return undefined;
  }
}

/** Over names and lengths too, so that no two sets of parts look alike. */
function hashBytes({ parts }: RawBlock): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(parts).sort()) {
    const part = parts[name] as Uint8Array;
    hash.update(`${JSON.stringify(name)} ${part.length}:`).update(part);
  }
  return hash.digest("hex");
}
