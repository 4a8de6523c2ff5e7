import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { ByteCursor } from "../codec/byte-cursor.ts";
import { sha256, sha256d } from "../codec/hashing.ts";
import { type PushedData, readPushes, writePush } from "../codec/pushes.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";
import { buildMerkleTree } from "./merkle-root.ts";
import { findCommitment } from "./witness-commitment.ts";

/** Stands before the solution in the output with the witness commitment. */
const SOLUTION = Buffer.from("ecc7daa2", "hex");
/** One of some compressed public keys: `OP_1 <33> … OP_n OP_CHECKMULTISIG`. */
const oneOfKeys = /^51((?:21[0-9a-f]{66})+)5[1-9a-f]ae$/;
const SIGHASH_ALL = 1;
/** A compressed point of secp256k1 as a public key's DER form (RFC 5480). */
const POINT_PREFIX = Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex");

/**
 * That one of the network's keepers has signed the block (BIP325). Only challenges that ask for one of several keys are
 * checked, as the public signet's does: others would take running scripts.
 * @throws IntegrityViolation
 */
export function verifySignature(block: BitcoinBlock, { challenge }: BitcoinNetwork, checks: BlockChecks): void {
  if (challenge === undefined || block.ref.height === 0) return;
  const keys = keysOf(challenge);
  if (keys === undefined) {
    checks.skip("signature", "the network's challenge asks for more than one of several keys, and scripts are not run");
    return;
  }
  const { solution, root } = takeSolution(block) ?? {};
  if (solution === undefined || root === undefined) {
    throw checks.violation("signature", "a solution of the network's challenge", "none");
  }
  const signature = readSignature(solution);
  if (signature === undefined) throw checks.violation("signature", "one signature", solution.toString("hex"));
  const message = buildMessage(block, root, Buffer.from(challenge, "hex"));
  // The signature is over the hash of a hash, the second of which is its own.
  const signed = sha256(message);
  if (!keys.some((key) => verify("sha256", signed, { key, dsaEncoding: "der" }, signature))) {
    throw checks.violation("signature", "that of a keeper of the network", signature.toString("hex"));
  }
  checks.pass("signature");
}

const known = new Map<string, readonly KeyObject[] | undefined>();

function keysOf(challenge: string): readonly KeyObject[] | undefined {
  if (known.has(challenge)) return known.get(challenge);
  const points = oneOfKeys.exec(challenge)?.[1]?.match(/21[0-9a-f]{66}/g);
  const keys = points?.map((point) => {
    const key = Buffer.concat([POINT_PREFIX, Buffer.from(point.slice(2), "hex")]);
    return createPublicKey({ key, format: "der", type: "spki" });
  });
  known.set(challenge, keys);
  return keys;
}

/** The solution, and the merkle root of the block without it: what was signed. */
function takeSolution(block: BitcoinBlock): { solution: Buffer; root: Buffer } | undefined {
  const { bytes, transactions, ids } = block;
  const output = findCommitment(block);
  if (output === undefined) return undefined;
  const [start, end] = [transactions.scriptStart[output] as number, transactions.scriptEnd[output] as number];
  const pushes = readPushes(bytes.subarray(start, end));
  const at = pushes.findIndex(({ data }) => data.length > SOLUTION.length && data.subarray(0, 4).equals(SOLUTION));
  if (at < 0) return undefined;
  const solution = (pushes[at] as PushedData).data.subarray(SOLUTION.length);
  const script = Buffer.concat(
    pushes.map(({ opcode, data }, i) => (data.length > 0 ? writePush(i === at ? SOLUTION : data) : Buffer.of(opcode))),
  );
  const amountEnd = (transactions.amount[output] as number) + 8;
  const unsigned = Buffer.concat([
    bytes.subarray(transactions.start[0], (transactions.start[0] as number) + 4),
    bytes.subarray(transactions.bodyStart[0], amountEnd),
    writeCompactSize(script.length),
    script,
    bytes.subarray(end, transactions.bodyEnd[0]),
    bytes.subarray((transactions.end[0] as number) - 4, transactions.end[0]),
  ]);
  const leaves = Buffer.from(ids);
  leaves.set(sha256d(unsigned), 0);
  return { solution, root: buildMerkleTree(leaves).root };
}

/** The one signature of a solution whose script is `OP_0 <signature>`, without its last byte: how it was made. */
function readSignature(solution: Buffer): Buffer | undefined {
  const cursor = new ByteCursor(solution, "the solution");
  try {
    const script = cursor.take(cursor.compactSize("the script"), "the script");
    if (cursor.compactSize("the witness") !== 0 || cursor.left > 0) return undefined;
    const [empty, signature] = readPushes(script);
    if (empty?.opcode !== 0 || signature === undefined || signature.data.at(-1) !== SIGHASH_ALL) return undefined;
    return script.length === 2 + signature.data.length ? signature.data.subarray(0, -1) : undefined;
  } catch {
    // The bytes end early: whoever put them there signed nothing.
    return undefined;
  }
}

/** What is signed: a transaction that spends one whose input holds the header, and whose output asks for the signature. */
function buildMessage({ header }: BitcoinBlock, root: Buffer, challenge: Buffer): Buffer {
  const zero = Buffer.alloc(4);
  const nothing = Buffer.alloc(8);
  const script = Buffer.concat([writeCompactSize(challenge.length), challenge]);
  const data = Buffer.concat([header.bytes.subarray(0, 36), root, header.bytes.subarray(68, 72)]);
  const holder = Buffer.concat([
    zero,
    Buffer.of(1),
    Buffer.alloc(32),
    Buffer.alloc(4, 0xff),
    Buffer.of(data.length + 2, 0, data.length),
    data,
    zero,
    Buffer.of(1),
    nothing,
    script,
    zero,
  ]);
  const outputs = Buffer.concat([Buffer.of(1), nothing, Buffer.of(1, 0x6a)]);
  const how = Buffer.of(SIGHASH_ALL, 0, 0, 0);
  return Buffer.concat([zero, Buffer.of(1), sha256d(holder), zero, script, zero, outputs, zero, how]);
}

function writeCompactSize(size: number): Buffer {
  return size < 0xfd ? Buffer.of(size) : Buffer.of(0xfd, size & 0xff, size >> 8);
}
