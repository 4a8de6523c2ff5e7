import { concat, encodeRlp, getBytes, keccak256 } from "ethers";

/** A node of a trie: what is encoded, where a child shorter than a hash stands in its parent as it is. */
type Node = string | readonly Node[];
type Leaf = { readonly nibbles: readonly number[]; readonly value: string };

/**
 * A Merkle Patricia trie under keys of equal length, made the plain way with ethers alone, so that it is no echo of the
 * code under test. Values are hex.
 */
export class ReferenceTrie {
  readonly root: string;
  readonly #leaves: readonly Leaf[];

  constructor(entries: ReadonlyMap<string, string>) {
    this.#leaves = [...entries].map(([key, value]) => ({ nibbles: nibblesOf(key), value }));
    this.root = keccak256(encodeRlp(this.#leaves.length === 0 ? "0x" : (build(this.#leaves, 0) as string[])));
  }

  /** The nodes on the way to the key or to where it would be, as eth_getProof gives them. */
  prove(key: string): Uint8Array[] {
    const nibbles = nibblesOf(key);
    const proof: string[] = [];
    let leaves = this.#leaves;
    for (let depth = 0; leaves.length > 0; ) {
      const encoded = encodeRlp(build(leaves, depth) as string[]);
      if (depth === 0 || encoded.length >= 2 + 64) proof.push(encoded);
      if (leaves.length === 1) break;
      const shared = sharedBy(leaves, depth);
      if (leaves[0]?.nibbles.slice(depth, shared).some((nibble, i) => nibble !== nibbles[depth + i])) break;
      // Behind an extension there is a branch of its own.
      if (shared > depth) {
        const branch = encodeRlp(buildBranch(leaves, shared) as string[]);
        if (branch.length >= 2 + 64) proof.push(branch);
      }
      leaves = leaves.filter((leaf) => leaf.nibbles[shared] === nibbles[shared]);
      depth = shared + 1;
    }
    return proof.map((node) => getBytes(node));
  }
}

function build(leaves: readonly Leaf[], depth: number): Node {
  const [first] = leaves as [Leaf];
  if (leaves.length === 1) return [packPath(first.nibbles.slice(depth), true), first.value];
  const shared = sharedBy(leaves, depth);
  const branch = buildBranch(leaves, shared);
  return shared === depth ? branch : [packPath(first.nibbles.slice(depth, shared), false), refer(branch)];
}

function buildBranch(leaves: readonly Leaf[], depth: number): Node {
  const children = Array.from({ length: 16 }, (_, nibble) => {
    const below = leaves.filter((leaf) => leaf.nibbles[depth] === nibble);
    return below.length === 0 ? "0x" : refer(build(below, depth + 1));
  });
  return [...children, "0x"];
}

function refer(node: Node): Node {
  const encoded = encodeRlp(node as string[]);
  return encoded.length < 2 + 64 ? node : keccak256(encoded);
}

function sharedBy(leaves: readonly Leaf[], depth: number): number {
  let shared = depth;
  while (leaves.every(({ nibbles }) => nibbles[shared] === leaves[0]?.nibbles[shared])) shared++;
  return shared;
}

/** Hex-prefix encoding (yellow paper, appendix C). */
export function packPath(nibbles: readonly number[], isLeaf: boolean): string {
  const odd = nibbles.length % 2;
  const flagged = [(isLeaf ? 2 : 0) + odd, ...(odd ? [] : [0]), ...nibbles];
  return `0x${flagged.map((nibble) => nibble.toString(16)).join("")}`;
}

function nibblesOf(key: string): number[] {
  return [...concat([key]).slice(2)].map((digit) => Number.parseInt(digit, 16));
}
