import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";

/** What is said of one block: its parent and time, by whom. */
type Word = {
  readonly ref: BlockRef;
  /** The operators that told it. */
  readonly tellers: Set<string>;
  /** The block's hash was recomputed from its content, so that this word is no opinion. */
  proven: boolean;
};

/** One block, known by height and hash. It has one word, unless somebody tells falsehoods of it. */
export type Header = {
  readonly height: number;
  readonly hash: string;
  readonly words: Word[];
};

export type HeaderTreeOptions = {
  /** Headers kept at most. Default: `LIMITS.headerTreeHeaders`. */
  readonly capacity?: number;
  /** The headers that matter when the tree is full: those on which a node stands, and our own newest. */
  readonly roots: () => Iterable<Header>;
};

/**
 * The headers that nodes have told, above the height to which it is pruned. Pure data: it judges nobody, and keeps apart
 * what different operators say of one hash until the block itself has proven one of them right.
 *
 * When it is full, headers that no root descends from are dropped first, then the lowest.
 */
export class HeaderTree {
  readonly #byHeight = new Map<number, Header[]>();
  readonly #capacity: number;
  readonly #roots: () => Iterable<Header>;
  /** Hashes that were looked for in vain since the revision began. */
  readonly #sought = new Set<string>();
  #revision = 0;
  #size = 0;
  #floor = 0;

  constructor(options: HeaderTreeOptions) {
    this.#capacity = options.capacity ?? LIMITS.headerTreeHeaders;
    this.#roots = options.roots;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Rises when an answer that was given before may have changed: what is known of a header, one that was looked for in
   * vain and is there now, headers dropped. What nobody has asked about, like the blocks of a backfill, leaves it as it is.
   */
  get revision(): number {
    return this.#revision;
  }

  find(ref: Pick<BlockRef, "height" | "hash">): Header | undefined {
    const header = this.#lookUp(ref);
    if (!header) this.#noteSought(ref.hash);
    return header;
  }

  /**
   * Keeps an operator's word on a block; its earlier word on the same block is forgotten. A word against what is proven
   * is not kept. Undefined below the height to which the tree is pruned.
   */
  tell(ref: BlockRef, teller: string): Header | undefined {
    const header = this.#enter(ref);
    if (!header || header.words[0]?.proven) return header;
    const { words } = header;
    const known = words.find((word) => isSame(word.ref, ref));
    if (known?.tellers.has(teller)) return header;
    if (words.length > 0) this.#revise();
    for (const word of words) word.tellers.delete(teller);
    if (known) known.tellers.add(teller);
    else words.push({ ref, tellers: new Set([teller]), proven: false });
    for (let i = words.length - 1; i >= 0; i--) if (words[i]?.tellers.size === 0) words.splice(i, 1);
    return header;
  }

  /** The block's content says so: every other word on it was false, and is forgotten. */
  prove(ref: BlockRef): Header | undefined {
    const header = this.#enter(ref);
    if (!header) return undefined;
    const [known] = header.words;
    if (known?.proven && isSame(known.ref, ref)) return header;
    if (known) this.#revise();
    header.words.splice(0, header.words.length, { ref, tellers: new Set(), proven: true });
    return header;
  }

  /** Whether the ref contradicts what the block's content has proven. */
  isFalse(ref: BlockRef): boolean {
    const word = this.find(ref)?.words[0];
    return word?.proven === true && !isSame(word.ref, ref);
  }

  /**
   * What may be held true of a header in counting one operator's vote: what is proven, else what it told itself, else
   * what so many told that they would be a quorum. What a stranger says of a block moves nobody else's vote.
   */
  wordFor(header: Header, operator: string, quorum: number): BlockRef | undefined {
    let told: BlockRef | undefined;
    for (const { ref, tellers, proven } of header.words) {
      if (proven || tellers.has(operator)) return ref;
      if (tellers.size >= quorum) told = ref;
    }
    return told;
  }

  /** The likeliest word: what is proven, else what most operators tell, else what was told first. */
  bestWord(header: Header): BlockRef {
    let best = header.words[0] as Word;
    for (const word of header.words) if (word.tellers.size > best.tellers.size) best = word;
    return best.ref;
  }

  isProven(header: Header): boolean {
    return header.words[0]?.proven === true;
  }

  /** The parent by a word on the header's block, where the tree has it. */
  parentBy(word: BlockRef): Header | undefined {
    // A parent that is not lower would let a walk go round in circles.
    return word.parentHeight < word.height
      ? this.find({ height: word.parentHeight, hash: word.parentHash })
      : undefined;
  }

  /** Forgets every header below the height, for good. */
  prune(below: number): void {
    if (below <= this.#floor) return;
    const span = below - this.#floor;
    if (span < this.#byHeight.size) for (let height = this.#floor; height < below; height++) this.#drop(height);
    else for (const height of [...this.#byHeight.keys()]) if (height < below) this.#drop(height);
    this.#floor = below;
  }

  /** Takes headers again from this height on, after a rollback below the height to which the tree is pruned. */
  reopen(from: number): void {
    this.#floor = Math.min(this.#floor, from);
  }

  #lookUp({ height, hash }: Pick<BlockRef, "height" | "hash">): Header | undefined {
    return this.#byHeight.get(height)?.find((header) => header.hash === hash);
  }

  #noteSought(hash: string): void {
    if (this.#sought.size >= this.#capacity) this.#revise();
    this.#sought.add(hash);
  }

  #revise(): void {
    this.#revision++;
    this.#sought.clear();
  }

  #enter(ref: BlockRef): Header | undefined {
    if (ref.height < this.#floor) return undefined;
    const found = this.#lookUp(ref);
    if (found) return found;
    if (this.#sought.has(ref.hash)) this.#revise();
    if (this.#size >= this.#capacity) this.#makeRoom();
    const header: Header = { height: ref.height, hash: ref.hash, words: [] };
    const level = this.#byHeight.get(ref.height);
    if (level) level.push(header);
    else this.#byHeight.set(ref.height, [header]);
    this.#size++;
    return header;
  }

  #makeRoom(): void {
    const kept = this.#reachable();
    for (const [height, level] of [...this.#byHeight]) {
      this.#replace(
        height,
        level.filter((header) => kept.has(header)),
      );
    }
    const enough = Math.floor(this.#capacity * 0.75);
    if (this.#size <= enough) return;
    for (const height of [...this.#byHeight.keys()].sort((a, b) => a - b)) {
      if (this.#size <= enough) return;
      this.#drop(height);
    }
  }

  /** All headers that a root descends from, whoever's word leads there. */
  #reachable(): Set<Header> {
    const reached = new Set<Header>();
    const open = [...this.#roots()];
    for (let header = open.pop(); header; header = open.pop()) {
      if (reached.has(header)) continue;
      reached.add(header);
      for (const { ref } of header.words) {
        const parent = this.parentBy(ref);
        if (parent) open.push(parent);
      }
    }
    return reached;
  }

  #drop(height: number): void {
    this.#replace(height, []);
  }

  #replace(height: number, level: Header[]): void {
    const dropped = (this.#byHeight.get(height)?.length ?? 0) - level.length;
    if (dropped > 0) this.#revise();
    this.#size -= dropped;
    if (level.length > 0) this.#byHeight.set(height, level);
    else this.#byHeight.delete(height);
  }
}

/** Times are left out: they say nothing of a block's place. */
function isSame(a: BlockRef, b: BlockRef): boolean {
  return a.parentHash === b.parentHash && a.parentHeight === b.parentHeight;
}
