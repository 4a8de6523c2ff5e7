import { LIMITS } from "../../core/limits.ts";
import { keccak256 } from "./keccak.ts";
import { encodeRlp, type RlpItem } from "./rlp.ts";

/** A value and the nibbles of its key. */
type Leaf = { readonly key: readonly number[]; readonly value: Uint8Array };

const EMPTY_ROOT = keccak256(encodeRlp("0x"));
const NOTHING = new Uint8Array(0);

/** By position. */
const keptKeys: (readonly number[])[] = [];

/**
 * The root of the Merkle Patricia trie (yellow paper, appendix D) that holds each value under the RLP of its position:
 * how headers commit to transactions, receipts and withdrawals. 32 bytes.
 */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  if (values.length === 0) return EMPTY_ROOT;
  const leaves: Leaf[] = [];
  const add = (index: number) => leaves.push({ key: keyNibbles(index), value: values[index] as Uint8Array });
  // In the order of their keys: 0 is encoded as 0x80, after 1 to 127 and before all greater ones.
  for (let i = 1; i < values.length && i < 0x80; i++) add(i);
  add(0);
  for (let i = 0x80; i < values.length; i++) add(i);
  return keccak256(encodeRlp(node(leaves, 0, leaves.length, 0)));
}

/** The node above leaves `from` to `to` (not included), whose keys agree on the first `depth` nibbles. */
function node(leaves: readonly Leaf[], from: number, to: number, depth: number): RlpItem {
  const first = leaves[from] as Leaf;
  if (to - from === 1) return [pathBytes(first.key, depth, first.key.length, true), first.value];
  // Sorted, so what the first and the last key share all between them share.
  const last = leaves[to - 1] as Leaf;
  let shared = depth;
  while (first.key[shared] === last.key[shared]) shared++;
  if (shared > depth) {
    return [pathBytes(first.key, depth, shared, false), reference(branch(leaves, from, to, shared))];
  }
  return branch(leaves, from, to, depth);
}

/** A node that divides by the nibble at `depth`. No key is the start of another, so that none ends here. */
function branch(leaves: readonly Leaf[], from: number, to: number, depth: number): RlpItem {
  const children = new Array<RlpItem>(17).fill(NOTHING);
  let start = from;
  while (start < to) {
    const nibble = leaves[start]?.key[depth] as number;
    let end = start + 1;
    while (end < to && leaves[end]?.key[depth] === nibble) end++;
    children[nibble] = reference(node(leaves, start, end, depth + 1));
    start = end;
  }
  return children;
}

/** How a node stands in the one above it: itself where it is short, else its hash. */
function reference(child: RlpItem): RlpItem {
  const encoded = encodeRlp(child);
  return encoded.length < 32 ? child : keccak256(encoded);
}

function keyNibbles(index: number): readonly number[] {
  const kept = keptKeys[index];
  if (kept) return kept;
  const key = [...encodeRlp(indexBytes(index))].flatMap((byte) => [byte >> 4, byte & 0x0f]);
  if (index < LIMITS.trieKeyCacheEntries) keptKeys[index] = key;
  return key;
}

function indexBytes(index: number): Uint8Array {
  if (index === 0) return NOTHING;
  const bytes: number[] = [];
  for (let rest = index; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** A part of a path with its flags (hex-prefix encoding): whether it ends at a leaf, and whether it is odd. */
function pathBytes(nibbles: readonly number[], from: number, to: number, isLeaf: boolean): Uint8Array {
  const length = to - from;
  const odd = length % 2;
  const flags = (isLeaf ? 2 : 0) + odd;
  const bytes = new Uint8Array(1 + (length - odd) / 2);
  bytes[0] = (flags << 4) | (odd ? (nibbles[from] as number) : 0);
  for (let i = from + odd, at = 1; i < to; i += 2, at++) {
    bytes[at] = ((nibbles[i] as number) << 4) | (nibbles[i + 1] as number);
  }
  return bytes;
}
