import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";

/**
 * The parts of a raw block: the block's bytes (`bytes`) or a node's JSON-RPC answer in which they stand as hex (`answer`);
 * the node's word on its height, where it was asked by hash alone (`height`, 4 bytes); and in the profile `+told` what it
 * spends, as the node's JSON-RPC answer (`told`), or as the transactions that made it (`made`, see makers.ts).
 */
export type PartName = "bytes" | "answer" | "height" | "told" | "made";

export function partOf(raw: RawBlock, name: PartName): Buffer | undefined {
  const part = raw.parts[name];
  return part && Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}

/** The height of the block: the one asked for, or the node's word. @throws HeadwaterError `node-bad-response` */
export function heightOf(raw: RawBlock): number {
  if (raw.asked.height !== undefined) return raw.asked.height;
  const told = partOf(raw, "height");
  if (told?.length === 4) return told.readUInt32LE(0);
  throw new HeadwaterError(
    "node-bad-response",
    `node ${raw.node}: no height came with the block that was asked by hash`,
  );
}

export function encodeHeight(height: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, height, true);
  return bytes;
}
