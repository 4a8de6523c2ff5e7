import { HeadwaterError, IntegrityViolation } from "../../../core/errors.ts";
import { keccak256, keccakHex } from "../keccak.ts";
import { ADDRESS, DATA, HASH, type Json, QUANTITY, Shape } from "../shape.ts";
import { type RlpValue, readInteger, readRlp } from "./rlp-reader.ts";
import { describeRlp, EMPTY_TRIE, hexOf, readProven } from "./trie-proof.ts";

const METHOD = "eth_getProof";
const NO_CODE = keccakHex(new Uint8Array(0));
const ZERO_HASH = `0x${"0".repeat(64)}`;

/** What was asked: storage keys are 32 bytes in lower-case hex. */
export type ProofQuestion = { readonly address: string; readonly keys: readonly string[] };

/** What the state holds of an account. One that is not in the state has nothing of everything. */
export type ProvenAccount = {
  readonly balance: bigint;
  readonly codeHash: string;
  /** The values of the keys, in the order asked. */
  readonly storage: readonly bigint[];
};

type AccountState = { readonly nonce: bigint; readonly balance: bigint; readonly root: string; readonly code: string };
type Context = { readonly node: string; readonly where: string };

const ABSENT: AccountState = { nonce: 0n, balance: 0n, root: EMPTY_TRIE, code: NO_CODE };

/**
 * Checks an answer to eth_getProof (EIP-1186) against a block's state root, and gives what was proven. What the node says
 * beside its proofs must be what these prove. Pure.
 *
 * @throws IntegrityViolation when a proof does not hold, or the node says something else than it proves
 * @throws HeadwaterError `node-bad-response` when the answer has not the form of EIP-1186
 */
export function verifyAccountProof(
  answer: unknown,
  question: ProofQuestion,
  stateRoot: string,
  context: Context,
): ProvenAccount {
  const { node, where } = context;
  const object = checkShape(answer, question, node);
  const value = readProven({
    root: stateRoot,
    key: keccak256(bytesOf(question.address)),
    nodes: (object["accountProof"] as string[]).map(bytesOf),
    field: "accountProof",
    where,
  });
  const account = value ? readAccount(value, where) : ABSENT;
  requireSaid(object, account, value !== null, where);
  const storage = question.keys.map((key, i) => readStorage(object, i, key, account.root, context));
  return { balance: account.balance, codeHash: account.code, storage };
}

function checkShape(answer: unknown, question: ProofQuestion, node: string): Json {
  const shape = new Shape(node, METHOD);
  const object = shape.record(answer);
  shape.optional(object, "address", ADDRESS);
  if (object["address"] !== undefined && object["address"] !== question.address) {
    throw shape.refuse("address", question.address, object["address"]);
  }
  for (const key of ["balance", "nonce"]) shape.required(object, key, QUANTITY);
  for (const key of ["codeHash", "storageHash"]) shape.required(object, key, HASH);
  shape.texts(object, "accountProof", DATA);
  // Some nodes say nothing rather than an empty list where no key was asked.
  if (question.keys.length === 0) return object;
  shape.objects(object, "storageProof", (inner, entry) => {
    for (const key of ["key", "value"]) inner.required(entry, key, QUANTITY);
    inner.texts(entry, "proof", DATA);
  });
  const { length } = object["storageProof"] as unknown[];
  if (length !== question.keys.length) {
    throw shape.refuse("storageProof", `${question.keys.length} entries`, object["storageProof"]);
  }
  return object;
}

/** An account as the state holds it: nonce, balance, storage root, code hash (yellow paper, section 4.1). */
function readAccount(value: Uint8Array, where: string): AccountState {
  const fields = readRlp(value);
  if (fields && !(fields instanceof Uint8Array) && fields.length === 4) {
    const nonce = readInteger(fields[0], 8);
    const balance = readInteger(fields[1], 32);
    const root = readHash(fields[2]);
    const code = readHash(fields[3]);
    if (nonce !== undefined && balance !== undefined && root && code) return { nonce, balance, root, code };
  }
  throw new IntegrityViolation("accountProof value", "nonce, balance and two hashes", describeRlp(fields), where);
}

function readHash(value: RlpValue | undefined): string | undefined {
  return value instanceof Uint8Array && value.length === 32 ? hexOf(value) : undefined;
}

/** What stands beside the proof must be what the proof shows. For an account that is not there, nodes write zeros. */
function requireSaid(object: Json, account: AccountState, exists: boolean, where: string): void {
  const said = (field: string) => object[field] as string;
  for (const field of ["balance", "nonce"] as const) {
    const actual = BigInt(said(field));
    if (actual !== account[field]) throw new IntegrityViolation(field, `${account[field]}`, `${actual}`, where);
  }
  for (const [field, expected] of [
    ["storageHash", account.root],
    ["codeHash", account.code],
  ] as const) {
    const actual = said(field);
    if (actual === expected || (!exists && actual === ZERO_HASH)) continue;
    throw new IntegrityViolation(field, expected, actual, where);
  }
}

function readStorage(object: Json, index: number, key: string, root: string, { node, where }: Context): bigint {
  const entry = (object["storageProof"] as Json[])[index] as Json;
  const field = `storageProof[${index}]`;
  if (BigInt(entry["key"] as string) !== BigInt(key)) {
    throw new HeadwaterError("node-bad-response", `${where}: ${field} is of ${entry["key"]}, asked was ${key}`, {
      details: { node, method: METHOD, field },
    });
  }
  const nodes = (entry["proof"] as string[]).map(bytesOf);
  const value = readProven({ root, key: keccak256(bytesOf(key)), nodes, field, where });
  const proven = value === null ? 0n : readInteger(readRlp(value), 32);
  // Zero is kept by keeping nothing.
  if (proven === undefined || (value !== null && proven === 0n)) {
    throw new IntegrityViolation(`${field} value`, "a number above zero of at most 32 bytes", "another form", where);
  }
  const said = BigInt(entry["value"] as string);
  if (said !== proven) throw new IntegrityViolation(`${field} value`, `${proven}`, `${said}`, where);
  return proven;
}

function bytesOf(hex: string): Uint8Array {
  // Views into a Buffer are dearer to make than into plain bytes, and every item of a node is one.
  const buffer = Buffer.from(hex.slice(2), "hex");
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
