import { createHash, scryptSync } from "node:crypto";
import { Recent } from "../../core/recent.ts";

type Json = Readonly<Record<string, unknown>>;

/** The fields of a block's header. Hashes as they are shown, time in seconds since the Unix epoch. */
export type HeaderFields = {
  readonly version: number;
  readonly parentHash: string;
  readonly merkleRoot: string;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
};

export type ForgedHeader = HeaderFields & { readonly hash: string };

/** On regtest every fourth nonce has both kinds of work; on other networks none is ever found. */
const MOST_NONCES = 200;
/** Nonces that are kept: headers of a few branches, which are told again and again. */
const KEPT_NONCES = 4_000;
const nonces = new Recent<string, number>(KEPT_NONCES);

/**
 * The header with another parent and a version that the salt decides, and with work by both functions that the family uses,
 * where a few tries give it. The same for the same header and salt.
 */
export function forgeHeader(header: HeaderFields, salt: string, parentHash: string): ForgedHeader {
  const drawn = createHash("sha256").update(salt).digest().readUInt32LE(0);
  // The three highest bits say that the others are those of BIP9.
  const base = { ...header, parentHash, version: 0x20000000 | (drawn & 0x1fffffff), nonce: 0 };
  const key = writeHeader(base);
  const nonce = nonces.get(key) ?? findNonce(base);
  nonces.set(key, nonce);
  const forged = { ...base, nonce };
  return {
    ...forged,
    hash: sha256d(Buffer.from(writeHeader(forged), "hex"))
      .reverse()
      .toString("hex"),
  };
}

function findNonce(header: HeaderFields): number {
  const target = targetOf(header.bits);
  for (let nonce = 0; nonce < MOST_NONCES; nonce++) {
    const bytes = Buffer.from(writeHeader({ ...header, nonce }), "hex");
    if (isBelow(sha256d(bytes), target) && isBelow(scrypt(bytes), target)) return nonce;
  }
  return 0;
}

/** The header at the beginning of a serialized block. */
export function readHeader(hex: string): HeaderFields {
  const bytes = Buffer.from(hex.slice(0, 160), "hex");
  return {
    version: bytes.readInt32LE(0),
    parentHash: Buffer.from(bytes.subarray(4, 36)).reverse().toString("hex"),
    merkleRoot: Buffer.from(bytes.subarray(36, 68)).reverse().toString("hex"),
    time: bytes.readUInt32LE(68),
    bits: bytes.readUInt32LE(72),
    nonce: bytes.readUInt32LE(76),
  };
}

/** The serialized header, 160 hex digits. */
export function writeHeader({ version, parentHash, merkleRoot, time, bits, nonce }: HeaderFields): string {
  const bytes = Buffer.alloc(80);
  bytes.writeInt32LE(version | 0, 0);
  Buffer.from(parentHash, "hex").reverse().copy(bytes, 4);
  Buffer.from(merkleRoot, "hex").reverse().copy(bytes, 36);
  bytes.writeUInt32LE(Math.max(0, time) >>> 0, 68);
  bytes.writeUInt32LE(bits, 72);
  bytes.writeUInt32LE(nonce, 76);
  return bytes.toString("hex");
}

export function headerOfJson(json: Json): HeaderFields {
  return {
    version: Number(json["version"]),
    parentHash: String(json["previousblockhash"] ?? "0".repeat(64)),
    merkleRoot: String(json["merkleroot"]),
    time: Number(json["time"]),
    bits: Number.parseInt(String(json["bits"]), 16),
    nonce: Number(json["nonce"]),
  };
}

/** The fields by which a forged header differs, as nodes name them. */
export function jsonOfHeader({ hash, version, parentHash, nonce }: ForgedHeader): Json {
  const versionHex = version.toString(16).padStart(8, "0");
  return { hash, version, versionHex, previousblockhash: parentHash, nonce };
}

function targetOf(bits: number): bigint {
  return BigInt(bits & 0x7fffff) << BigInt(8 * ((bits >>> 24) - 3));
}

/** Whether the hash, the lowest byte first, is at most the target. */
function isBelow(hash: Buffer, target: bigint): boolean {
  return BigInt(`0x${Buffer.from(hash).reverse().toString("hex")}`) <= target;
}

function sha256d(bytes: Buffer): Buffer {
  return createHash("sha256").update(createHash("sha256").update(bytes).digest()).digest();
}

function scrypt(bytes: Buffer): Buffer {
  return scryptSync(bytes, bytes, 32, { N: 1024, r: 1, p: 1 });
}
