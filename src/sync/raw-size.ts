import type { RawBlock } from "../core/contracts/plugin.ts";

/** What a block takes as it came from its node, bytes. */
export function sizeOf({ parts }: RawBlock): number {
  let sizeBytes = 0;
  for (const part of Object.values(parts)) sizeBytes += part.length;
  return sizeBytes;
}
