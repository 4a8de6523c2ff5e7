import { createHash } from "node:crypto";
import type { RawBlock } from "../../core/contracts/plugin.ts";
import { hashContent } from "../../core/ledger/content-hash.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { ContentMark, MarkedCopy } from "../decode-protocol.ts";

/** What other copies of the block are compared with. */
export function markOf(raw: RawBlock, sealed: SealedBlock): ContentMark {
  return { bytes: hashBytes(raw), content: hashContent(sealed) };
}

/**
 * The mark of a copy. Nodes of one software often answer byte for byte alike: then it is the one that it was expected to be.
 * @param like the copy that it is compared with; of the same block, asked for in the same way
 * @param decode verifies, decodes and seals it
 */
export function markCopy(raw: RawBlock, like: MarkedCopy | undefined, decode: () => SealedBlock): MarkedCopy {
  const bytes = hashBytes(raw);
  if (like && bytes === like.mark.bytes) return like;
  const sealed = decode();
  return { ref: sealed.ref, mark: { bytes, content: hashContent(sealed) } };
}

export function sizeOf({ parts }: RawBlock): number {
  let sizeBytes = 0;
  for (const part of Object.values(parts)) sizeBytes += part.length;
  return sizeBytes;
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
