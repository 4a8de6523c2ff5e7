import { HeadwaterError } from "../../core/errors.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { BlockRef } from "../../core/model.ts";
import { MAX_INDEX, MAX_NUMBER } from "./keys.ts";

/**
 * Checks that each block is the child of the one before, and the first the child of the tip, or of the last block before
 * the first height to be indexed.
 * @throws HeadwaterError `broken-link`
 */
export function checkLinks(blocks: readonly SealedBlock[], tip: BlockRef | undefined, startHeight: number): void {
  let before = tip;
  for (const { ref, encoded, whole } of blocks) {
    const transactions = whole?.transactions ?? encoded.length;
    if (ref.height > MAX_NUMBER || transactions > MAX_INDEX) {
      throw new HeadwaterError("internal", `block ${ref.height} of ${transactions} transactions cannot be stored`);
    }
    if (before === undefined) checkStart(ref, startHeight);
    else checkLink(ref, before);
    before = ref;
  }
}

function checkStart(ref: BlockRef, startHeight: number): void {
  if (ref.height >= startHeight && ref.parentHeight < startHeight) return;
  throw new HeadwaterError(
    "broken-link",
    `block ${ref.height} (parent ${ref.parentHeight}) is not the first block at or above height ${startHeight}`,
    { details: { height: ref.height, startHeight } },
  );
}

function checkLink(ref: BlockRef, before: BlockRef): void {
  if (ref.parentHash === before.hash && ref.parentHeight === before.height && ref.height > before.height) return;
  throw new HeadwaterError(
    "broken-link",
    `block ${ref.height} ${ref.hash} names ${ref.parentHeight} ${ref.parentHash} as its parent, ` +
      `but the block before it is ${before.height} ${before.hash}`,
    { details: { height: ref.height, parentHash: ref.parentHash, expected: before.hash } },
  );
}
