import { IntegrityViolation } from "../../../core/errors.ts";
import { keccakHex } from "../keccak.ts";
import { encodeRlp } from "../rlp.ts";
import { type RlpValue, readRlp } from "./rlp-reader.ts";

/** The root of a trie that holds nothing. */
export const EMPTY_TRIE = keccakHex(encodeRlp("0x"));

/** Nibbles of a key: tries of state are keyed by 32-byte hashes. */
const KEY_NIBBLES = 64;

export type TrieProof = {
  /** What authenticates the proof: 32 bytes in lower-case hex. */
  readonly root: string;
  /** The hash of the key, 32 bytes. */
  readonly key: Uint8Array;
  /** The nodes on the way from the root, as the node gave them: each is hashed into the one before. */
  readonly nodes: readonly Uint8Array[];
  /** What the proof is called in errors, like `accountProof`. */
  readonly field: string;
  readonly where: string;
};

/**
 * The value that a Merkle Patricia trie (yellow paper, appendix D) holds under a key, or null where the proof shows that
 * it holds none. The proof is exactly the way to the value or to where it would be: a node too few or too many, a node that
 * does not hash to what the one before it says, or one that is no trie node, is a violation.
 *
 * @throws IntegrityViolation naming the proof's node, with the expected and the actual hash or form
 */
export function readProven(proof: TrieProof): Uint8Array | null {
  const walk = new Walk(proof);
  const value = proof.root === EMPTY_TRIE ? walk.nothing() : walk.run();
  walk.finish();
  return value;
}

class Walk {
  readonly #proof: TrieProof;
  /** Nodes of the proof that were used. */
  #used = 0;
  /** Nibbles of the key that were used. */
  #depth = 0;

  constructor(proof: TrieProof) {
    this.#proof = proof;
  }

  run(): Uint8Array | null {
    let node = this.#take(this.#proof.root);
    while (true) {
      const step = node.length === 17 ? this.#branch(node) : this.#path(node);
      if (step === null || step instanceof Uint8Array) return step;
      node = this.#child(step.child);
    }
  }

  /** An empty trie has no nodes; some nodes send the encoding of nothing, which does hash to the empty root. */
  nothing(): null {
    const [only] = this.#proof.nodes;
    if (only?.length === 1 && only[0] === 0x80) this.#used = 1;
    return null;
  }

  finish(): void {
    const { nodes } = this.#proof;
    if (this.#used !== nodes.length) throw this.#violation("nodes", String(this.#used), String(nodes.length));
  }

  /** The next node of the proof, which must have this hash. */
  #take(hash: string): readonly RlpValue[] {
    const index = this.#used++;
    const bytes = this.#proof.nodes[index];
    if (!bytes) throw this.#violation(`node ${index}`, hash, "missing");
    const actual = keccakHex(bytes);
    if (actual !== hash) throw this.#violation(`node ${index}`, hash, actual);
    return this.#expectNode(readRlp(bytes));
  }

  #expectNode(value: RlpValue | undefined): readonly RlpValue[] {
    if (value && !(value instanceof Uint8Array) && (value.length === 17 || value.length === 2)) return value;
    throw this.#malformed("a trie node of 2 or 17 items", value);
  }

  #branch(node: readonly RlpValue[]): { readonly child: RlpValue } | null {
    if (this.#depth >= KEY_NIBBLES) throw this.#malformed("a leaf where the key ends", node);
    const child = node[nibbleOf(this.#proof.key, this.#depth++)] as RlpValue;
    return child instanceof Uint8Array && child.length === 0 ? null : { child };
  }

  /** An extension or a leaf. On another way than the key's, it shows that there is no value. */
  #path([path, rest]: readonly RlpValue[]): { readonly child: RlpValue } | Uint8Array | null {
    const { isLeaf, nibbles } = this.#readPath(path as RlpValue);
    const end = this.#depth + nibbles.length;
    if (isLeaf ? end !== KEY_NIBBLES : nibbles.length === 0 || end >= KEY_NIBBLES) {
      throw this.#malformed(`a path that fits after ${this.#depth} nibbles`, path);
    }
    if (nibbles.some((nibble, i) => nibble !== nibbleOf(this.#proof.key, this.#depth + i))) return null;
    this.#depth = end;
    if (!isLeaf) return { child: rest as RlpValue };
    if (rest instanceof Uint8Array && rest.length > 0) return rest;
    throw this.#malformed("a value", rest);
  }

  /** A path with its flags in front (hex-prefix encoding, yellow paper, appendix C). */
  #readPath(path: RlpValue): { readonly isLeaf: boolean; readonly nibbles: readonly number[] } {
    const flags = path instanceof Uint8Array && path.length > 0 ? nibbleOf(path, 0) : 4;
    const isOdd = flags % 2 === 1;
    if (flags > 3 || (!isOdd && nibbleOf(path as Uint8Array, 1) !== 0)) throw this.#malformed("a path", path);
    const bytes = path as Uint8Array;
    const nibbles: number[] = [];
    for (let at = isOdd ? 1 : 2; at < bytes.length * 2; at++) nibbles.push(nibbleOf(bytes, at));
    return { isLeaf: flags >= 2, nibbles };
  }

  /** A node stands in the one above it by its hash, or itself where its encoding is shorter than a hash. */
  #child(child: RlpValue): readonly RlpValue[] {
    if (child instanceof Uint8Array) {
      if (child.length === 32) return this.#take(hexOf(child));
      throw this.#malformed("a hash of 32 bytes", child);
    }
    if (encodeRlp(child).length >= 32) throw this.#malformed("a hash in place of a long node", child);
    return this.#expectNode(child);
  }

  #malformed(expected: string, actual: RlpValue | undefined): IntegrityViolation {
    return this.#violation(`node ${this.#used - 1}`, expected, describeRlp(actual));
  }

  #violation(part: string, expected: string, actual: string): IntegrityViolation {
    const { field, where } = this.#proof;
    return new IntegrityViolation(`${field} ${part}`, expected, actual, where);
  }
}

export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

export function describeRlp(value: RlpValue | undefined): string {
  if (value === undefined) return "no RLP";
  return value instanceof Uint8Array ? `${value.length} bytes` : `a list of ${value.length}`;
}

function nibbleOf(bytes: Uint8Array, at: number): number {
  const byte = bytes[at >> 1] as number;
  return at % 2 === 0 ? byte >> 4 : byte & 0x0f;
}
