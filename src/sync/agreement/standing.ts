import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { NodeTips } from "../../core/contracts/plugin.ts";
import type { Voice } from "../../core/contracts/records.ts";
import type { Agreement } from "../../core/contracts/service.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { AgreedChain } from "./agreed-chain.ts";
import { type Header, HeaderTree } from "./header-tree.ts";
import { countVoices, isQuorate, type Quorum, voiceOf } from "./quorum.ts";
import type { RecentChain } from "./recent-chain.ts";
import { type Backing, type Equivocation, findAgreed, findEquivocations, parentFor, type Stand } from "./votes.ts";

/** A node as far as votes go. */
export type Voter = {
  readonly config: Pick<NodeConfig, "name" | "operator" | "region">;
  /** Whether its word counts. */
  readonly mayVote: boolean;
  readonly tips: Pick<NodeTips, "tip"> | undefined;
};

/** What one node has told of where it stands. */
type Seat = {
  readonly node: Voter;
  readonly voice: Voice;
  tip: Header | undefined;
  /** The block that it showed last when it was asked by height. */
  shown: BlockRef | undefined;
};

/** What follows from all that was told. Made anew when something is told, and no sooner than it is asked for. */
type Count = {
  /** The tree's revision when counting began. */
  readonly revision: number;
  readonly equivocations: readonly Equivocation[];
  readonly caps: ReadonlyMap<string, number>;
  readonly agreed: Backing | undefined;
  readonly chain: AgreedChain;
  /** By node, the highest block of our chain that it is known to stand on or above; -1 where none is. */
  readonly heights: ReadonlyMap<Voter, number>;
};

/** How a node's branch lies to the agreed chain. `ours` is null where the agreed chain skips the height. */
export type Relation =
  | { readonly kind: "agrees" }
  | { readonly kind: "unknown" }
  | {
      readonly kind: "apart";
      readonly theirs: BlockRef;
      readonly ours: BlockRef | null;
      /** The lowest height of which the two are known to differ: below `theirs` where its branch skips heights. */
      readonly from: number;
    };

/** The header whose parent a node has yet to show, and how many headers above it are known up to the node's tip. */
export type MissingLink = { readonly from: BlockRef; readonly steps: number };

/**
 * Where every node stands, and what enough operators agree on. A node stands on the tip that it told, on the block that
 * it showed at a height it was asked for, and on all ancestors of these that it can show. What is not known is not counted.
 */
export class Standing {
  readonly tree: HeaderTree;
  /** What it takes for a block to be agreed: from the configuration alone, whatever becomes of the nodes. */
  readonly quorum: Quorum;
  readonly #operators: number;
  readonly #recent: RecentChain;
  readonly #seats: readonly Seat[];
  #count: Count | undefined;
  /** Whose votes the count holds. */
  #voters = "";

  /** @param agreement as configured; without it a majority of the operators, from any region */
  constructor(
    nodes: readonly Voter[],
    recent: RecentChain,
    agreement: { readonly operators?: number; readonly regions?: number },
  ) {
    this.#operators = new Set(nodes.map(({ config }) => config.operator)).size;
    this.#recent = recent;
    this.quorum = {
      operators: agreement.operators ?? Math.floor(this.#operators / 2) + 1,
      regions: agreement.regions ?? 1,
    };
    this.#seats = nodes.map((node) => ({ node, voice: voiceOf(node), tip: undefined, shown: undefined }));
    this.tree = new HeaderTree({ roots: () => this.#roots() });
  }

  /** The node's tips are new. */
  noteTips(node: Voter): void {
    const seat = this.#seatOf(node);
    const tip = node.tips?.tip;
    seat.tip = tip && this.tree.tell(tip, seat.voice.operator);
    this.#count = undefined;
  }

  /** The node showed this header when it was asked for its hash: a link, not a vote. */
  noteLink(node: Voter, ref: BlockRef): void {
    this.tree.tell(ref, node.config.operator);
  }

  /** The node showed this header when it was asked for its height: it stands on it. */
  noteShown(node: Voter, ref: BlockRef): void {
    const seat = this.#seatOf(node);
    this.tree.tell(ref, seat.voice.operator);
    seat.shown = ref;
    this.#count = undefined;
  }

  /**
   * The block was fetched, and its content gives its hash.
   * @returns whether that may change what is agreed: not where no vote's way is known to pass through the block
   */
  noteProven(ref: BlockRef): boolean {
    const { revision } = this.tree;
    this.tree.prove(ref);
    return this.tree.revision !== revision;
  }

  /** The block is committed. */
  noteIndexed(ref: BlockRef, finalized: BlockRef | null): void {
    this.#recent.append(ref);
    this.tree.prove(ref);
    this.tree.prune(Math.max(this.#recent.first?.height ?? 0, finalized?.height ?? 0));
    this.#count = undefined;
  }

  /** Every block above the height was taken back. */
  noteRollback(height: number): void {
    this.#recent.truncate(height);
    this.tree.reopen(height);
    this.#count = undefined;
  }

  /** The newest block that enough operators stand behind now, with those; undefined where no block has enough. */
  get agreed(): (Backing & { readonly ref: BlockRef }) | undefined {
    const { agreed } = this.#counted();
    return agreed && { ...agreed, ref: this.tree.bestWord(agreed.header) };
  }

  get equivocations(): readonly Equivocation[] {
    return this.#counted().equivocations;
  }

  /** Whether enough operators stand behind this block. */
  isAgreed(ref: BlockRef): boolean {
    return isQuorate(countVoices(this.voicesBehind(ref)), this.quorum);
  }

  /** The nodes with a vote that are known to stand on this block or on a descendant of it. */
  voicesBehind(ref: BlockRef): Voice[] {
    const { heights, caps } = this.#counted();
    const { first, tip } = this.#recent;
    const known = first !== undefined && ref.height < first.height;
    const isOurs = known || this.#recent.has(ref);
    const target = this.tree.find(ref);
    const voices: Voice[] = [];
    for (const seat of this.#seats) {
      if (!seat.node.mayVote || ref.height >= (caps.get(seat.voice.operator) ?? Number.POSITIVE_INFINITY)) continue;
      const behind = isOurs && tip ? (heights.get(seat.node) ?? -1) >= ref.height : this.#isOn(seat, ref, target);
      if (behind) voices.push(seat.voice);
    }
    return voices;
  }

  /** Who stands behind a block, as answers show it. */
  agreementOf(ref: BlockRef): Agreement {
    const voices = this.voicesBehind(ref);
    return {
      operators: new Set(voices.map(({ operator }) => operator)).size,
      required: this.quorum.operators,
      regions: [...new Set(voices.map(({ region }) => region))].sort(),
    };
  }

  /** The agreed chain as it is known now. */
  get chain(): AgreedChain {
    return this.#counted().chain;
  }

  /**
   * How many blocks the agreed chain has above one height, up to another that it has reached. Where its links are not known,
   * as many as there are heights; less than none where the other is lower.
   */
  blocksBetween(low: number, high: number): number {
    if (high <= low + 1) return high - low;
    const { chain } = this.#counted();
    const [above, beyond] = [chain.blocksAbove(low), chain.blocksAbove(high)];
    return above === undefined || beyond === undefined ? high - low : above - beyond;
  }

  /**
   * The lowest header on the node's own way down whose parent it has yet to show for its vote to go on. Undefined where
   * the way leads to our chain.
   */
  missingLink(node: Voter): MissingLink | undefined {
    const { tip, voice } = this.#seatOf(node);
    let from: MissingLink | undefined;
    for (let [header, steps] = [tip, 0]; header && !this.#recent.has(header); steps++) {
      const word = this.tree.wordFor(header, voice.operator, this.quorum.operators);
      // It stands on this block, but has not told itself what the block stands on.
      if (!word) return from;
      from = { from: word, steps };
      if (this.#recent.has({ height: word.parentHeight, hash: word.parentHash })) return undefined;
      const parent = this.tree.parentBy(word);
      if (!parent) return from;
      header = parent;
    }
    return undefined;
  }

  /**
   * How the node's branch lies to the agreed chain. Apart: with the lowest known block of its own at a height of which the
   * agreed chain is known. Unknown: its branch is not known down to such a height.
   */
  relationOf(node: Voter): Relation {
    const { chain } = this.#counted();
    const { tip, voice } = this.#seatOf(node);
    let found: Relation = { kind: "unknown" };
    let ref = node.tips?.tip;
    for (let header = tip; ref; ) {
      const ours = chain.at(ref.height);
      if (ours?.hash === ref.hash) return found.kind === "apart" ? found : { kind: "agrees" };
      if (ours !== undefined) found = { kind: "apart", theirs: ref, ours, from: this.#passesFrom(ref, header, voice) };
      header = header && parentFor(this.tree, header, voice.operator, this.quorum);
      ref = header && this.tree.bestWord(header);
    }
    return found;
  }

  /** The lowest height that the block and what it stands on leave to no other, by what counts as the operator's word. */
  #passesFrom({ height }: BlockRef, header: Header | undefined, { operator }: Voice): number {
    const word = header && this.tree.wordFor(header, operator, this.quorum.operators);
    return Math.min(height, (word?.parentHeight ?? height) + 1);
  }

  /** The height of our highest block that the node is known to stand on or above; -1 where none is known. */
  heightOf(node: Voter): number {
    return this.#counted().heights.get(node) ?? -1;
  }

  #counted(): Count {
    let voters = "";
    for (const { node } of this.#seats) voters += node.mayVote ? "1" : "0";
    if (this.#count && this.#voters === voters && this.#count.revision === this.tree.revision) return this.#count;
    this.#voters = voters;
    this.#count = this.#countAnew();
    return this.#count;
  }

  #countAnew(): Count {
    const { revision } = this.tree;
    const stands: Stand[] = [];
    const heights = new Map<Voter, number>();
    for (const seat of this.#seats) {
      const own = this.#standsOf(seat);
      if (seat.node.mayVote) stands.push(...own.map((header) => ({ voice: seat.voice, header })));
      heights.set(seat.node, this.#heightOf(seat, own));
    }
    const equivocations = findEquivocations(this.tree, stands, this.quorum);
    const caps = new Map(equivocations.map(({ operator, height }) => [operator, height]));
    const { tree, quorum } = this;
    const agreed = findAgreed(
      { tree, quorum, operators: this.#operators, caps, isOurs: (header) => this.#recent.has(header) },
      stands,
    );
    const chain = new AgreedChain(this.tree, this.#recent, agreed && this.tree.bestWord(agreed.header));
    return { revision, equivocations, caps, agreed, chain, heights };
  }

  /** Its tip, and the block that it showed last unless its tip's own branch contradicts that. */
  #standsOf({ node, voice, tip, shown }: Seat): Header[] {
    const header = shown && this.tree.find(shown);
    if (!header || header === tip) return tip ? [tip] : [];
    if (header.height >= (node.tips?.tip.height ?? -1)) return tip ? [tip] : [];
    let above: Header | undefined;
    for (let at = tip; at && at.height >= header.height; at = parentFor(this.tree, at, voice.operator, this.quorum)) {
      if (at === header) return tip ? [tip] : [];
      above = at;
    }
    if (!tip || !above) return [header];
    const word = this.tree.wordFor(above, voice.operator, this.quorum.operators);
    const passes = word !== undefined && word.parentHeight <= header.height && word.parentHash !== header.hash;
    return passes ? [tip] : [tip, header];
  }

  #heightOf({ node, voice, shown }: Seat, stands: readonly Header[]): number {
    const { first } = this.#recent;
    const tip = node.tips?.tip;
    let highest = tip && this.#recent.has(tip) ? tip.height : -1;
    for (const stand of stands) {
      let header: Header | undefined = stand;
      while (header && !this.#recent.has(header)) {
        const word = this.tree.wordFor(header, voice.operator, this.quorum.operators);
        const below = word && this.#recent.at(word.parentHeight);
        if (word && below?.hash === word.parentHash) highest = Math.max(highest, below.height);
        header = word && this.tree.parentBy(word);
      }
      if (header) highest = Math.max(highest, header.height);
    }
    // What it showed long ago and we committed since is below all that is kept in memory.
    if (shown && first && shown.height < first.height && tip && tip.height >= shown.height) {
      highest = Math.max(highest, shown.height);
    }
    return highest;
  }

  #isOn(seat: Seat, ref: BlockRef, target: Header | undefined): boolean {
    if (!target) return seat.shown?.height === ref.height && seat.shown.hash === ref.hash;
    for (const stand of this.#standsOf(seat)) {
      for (let at: Header | undefined = stand; at && at.height >= target.height; ) {
        if (at === target) return true;
        at = parentFor(this.tree, at, seat.voice.operator, this.quorum);
      }
    }
    return false;
  }

  #seatOf(node: Voter): Seat {
    const seat = this.#seats.find((known) => known.node === node);
    if (!seat) throw new HeadwaterError("internal", `${node.config.name} is no node of this chain`);
    return seat;
  }

  *#roots(): Iterable<Header> {
    for (const { tip, shown } of this.#seats) {
      if (tip) yield tip;
      const header = shown && this.tree.find(shown);
      if (header) yield header;
    }
    const own = this.#recent.tip && this.tree.find(this.#recent.tip);
    if (own) yield own;
  }
}
