import type { BlockLocator } from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { hashBytes, hashText, sha256d } from "./codec/hashing.ts";
import { RpcShape } from "./rpc-shape.ts";

const NO_PARENT = "0".repeat(64);

/**
 * The ref of a block whose header a node told with `getblockheader`. Its fields are hashed again, so that only the height is
 * the node's word.
 * @throws HeadwaterError `node-bad-response`, IntegrityViolation when the fields do not hash to the header's own hash
 */
export function readHeaderAnswer(result: unknown, node: string): BlockRef {
  const method = "getblockheader";
  const shape = new RpcShape(node, method);
  const header = shape.record(result, "the header");
  const hash = shape.hash(header["hash"], "hash");
  const height = shape.count(header["height"], "height");
  const { previousblockhash: parent } = header;
  const parentHash = parent === undefined ? NO_PARENT : shape.hash(parent, "previousblockhash");
  const time = shape.count(header["time"], "time");
  const bytes = Buffer.alloc(80);
  bytes.writeInt32LE((header["version"] as number) | 0, 0);
  bytes.set(hashBytes(parentHash), 4);
  bytes.set(hashBytes(shape.hash(header["merkleroot"], "merkleroot")), 36);
  bytes.writeUInt32LE(time >>> 0, 68);
  bytes.writeUInt32LE(Number.parseInt(shape.hex(header["bits"], "bits"), 16) >>> 0, 72);
  bytes.writeUInt32LE(shape.count(header["nonce"], "nonce") >>> 0, 76);
  const actual = hashText(sha256d(bytes));
  if (actual !== hash) throw new IntegrityViolation("header hash", hash, actual, `node ${node}, ${method}`);
  return { height, hash, parentHash, parentHeight: height - 1, time: time * 1000 };
}

/** @throws HeadwaterError `node-wrong-block` when it is another block than asked for */
export function expectHeader(ref: BlockRef, at: BlockLocator, node: string): void {
  const wrongHash = "hash" in at && at.hash !== ref.hash;
  if (!wrongHash && (at.height === undefined || at.height === ref.height)) return;
  const asked = describeLocator(at);
  const text = `node ${node}, getblockheader: asked for ${asked}, got ${ref.hash} of height ${ref.height}`;
  throw new HeadwaterError("node-wrong-block", text, {
    details: { node, asked, hash: ref.hash, height: ref.height },
  });
}

function describeLocator(at: BlockLocator): string {
  const height = at.height === undefined ? "" : ` at height ${at.height}`;
  return "hash" in at ? `block ${at.hash}${height}` : `the block${height}`;
}
