import { HeadwaterError } from "../../../core/errors.ts";
import { encodeBase58 } from "../codec/base58.ts";
import { readWireTransaction, signatureAt, type WireTransaction } from "../codec/wire-transaction.ts";
import { findBadSignature } from "../verify/signatures.ts";
import { web3 } from "../web3.ts";

/** A transaction that all have signed who must, as it is sent. */
export type SignedTransaction = {
  /** Its first signature. */
  readonly id: string;
  /** The bytes as base64, as nodes take them. */
  readonly base64: string;
  /** The hash of a recent block, or, with a durable nonce, the value of that. */
  readonly blockhash: string;
  /** The account of its durable nonce; undefined where it has none. */
  readonly nonceAccount: string | undefined;
  /** For each instruction the program that it calls; undefined where that is out of an address table. */
  readonly programs: readonly (string | undefined)[];
};

/** What fits into one packet: IPv6's least MTU without headers. */
const MOST_BYTES = 1_232;

const SYSTEM_PROGRAM = "11111111111111111111111111111111";
/** `SystemInstruction::AdvanceNonceAccount`, as a u32. It counts as a durable nonce only in the first place. */
const ADVANCE_NONCE = 4;

/**
 * Reads a transaction from base64, and checks its signatures, so that no node is asked to.
 * @throws HeadwaterError `transaction-invalid`
 */
export function readSigned(raw: string): SignedTransaction {
  const bytes = readBase64(raw);
  const wire = readWire(bytes);
  if (wire.signatures !== wire.signers) {
    throw invalid(`it has ${wire.signatures} signatures, and ${wire.signers} accounts have to sign`);
  }
  if (wire.signatures === 0) throw invalid("nobody has signed it");
  const bad = findBadSignature(wire);
  if (bad >= 0) throw invalid(`signature ${bad + 1} does not hold for its account and the message`);
  const { message } = web3().VersionedTransaction.deserialize(bytes);
  const keys = message.staticAccountKeys;
  const [first] = message.compiledInstructions;
  const isNonce =
    first !== undefined &&
    keys[first.programIdIndex]?.toBase58() === SYSTEM_PROGRAM &&
    first.data.length >= 4 &&
    Buffer.from(first.data).readUInt32LE(0) === ADVANCE_NONCE;
  return {
    id: encodeBase58(signatureAt(wire, 0)),
    base64: bytes.toString("base64"),
    blockhash: message.recentBlockhash,
    nonceAccount: isNonce ? keys[first.accountKeyIndexes[0] ?? -1]?.toBase58() : undefined,
    programs: message.compiledInstructions.map(({ programIdIndex }) => keys[programIdIndex]?.toBase58()),
  };
}

function readBase64(raw: string): Buffer {
  const text = raw.trim();
  if (text.length > Math.ceil(MOST_BYTES / 3) * 4) throw invalid(`it is longer than ${MOST_BYTES} bytes`);
  if (text === "" || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalid("it is no base64");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length > MOST_BYTES) throw invalid(`it is longer than ${MOST_BYTES} bytes`);
  return bytes;
}

function readWire(bytes: Buffer): WireTransaction {
  try {
    return readWireTransaction(bytes, "the transaction");
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    throw invalid(error.message);
  }
}

export function invalid(why: string): HeadwaterError {
  return new HeadwaterError("transaction-invalid", `the transaction cannot be sent: ${why}`, { details: { why } });
}
