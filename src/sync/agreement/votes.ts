import type { Voice } from "../../core/contracts/records.ts";
import type { Header, HeaderTree } from "./header-tree.ts";
import { countVoices, isQuorate, type Quorum } from "./quorum.ts";

/** A node calls a block canonical: its tip, or the block that it showed at a height it was asked for. */
export type Stand = { readonly voice: Voice; readonly header: Header };

/** A block with enough operators behind it, and whose nodes these are. */
export type Backing = { readonly header: Header; readonly voices: readonly Voice[] };

/** Two nodes of one operator stand on blocks that cannot both be of the chain. */
export type Equivocation = {
  readonly operator: string;
  /** The lowest height at which they are known to differ. The operator's vote counts for nothing from here up. */
  readonly height: number;
  readonly stands: readonly [Stand, Stand];
};

/** The way down from a block as one operator's vote goes: undefined where it has not shown what the block stands on. */
export function parentFor(
  tree: HeaderTree,
  header: Header,
  operator: string,
  { operators }: Quorum,
): Header | undefined {
  const word = tree.wordFor(header, operator, operators);
  return word && tree.parentBy(word);
}

/** Which operators contradict themselves, each by the pair of nodes that does so at the lowest height. */
export function findEquivocations(tree: HeaderTree, stands: readonly Stand[], quorum: Quorum): Equivocation[] {
  const found: Equivocation[] = [];
  for (const [operator, group] of Map.groupBy(stands, ({ voice }) => voice.operator)) {
    if (new Set(group.map(({ voice }) => voice.node)).size < 2) continue;
    let worst: Equivocation | undefined;
    for (const [i, one] of group.entries()) {
      for (const other of group.slice(i + 1)) {
        if (one.voice.node === other.voice.node) continue;
        const height = partingHeight(tree, one.header, other.header, operator, quorum);
        if (height !== undefined && height < (worst?.height ?? Number.POSITIVE_INFINITY)) {
          worst = { operator, height, stands: [one, other] };
        }
      }
    }
    if (worst) found.push(worst);
  }
  return found;
}

/** A block on one of two ways down: the header where the tree has it, else what its child tells. */
type Step = {
  readonly height: number;
  readonly hash: string;
  readonly header: Header | undefined;
  /** The branch goes on above it, so that what the branch has at the heights between is known. */
  readonly isPassed: boolean;
};

/**
 * The lowest height at which two branches are known to differ. Undefined when one block descends from the other, and when
 * nothing is known of a height that both have.
 */
function partingHeight(
  tree: HeaderTree,
  one: Header,
  other: Header,
  operator: string,
  quorum: Quorum,
): number | undefined {
  let upper: Step = { ...one, header: one, isPassed: false };
  let lower: Step = { ...other, header: other, isPassed: false };
  let parting: number | undefined;
  for (;;) {
    if (upper.height < lower.height) [upper, lower] = [lower, upper];
    if (upper.height === lower.height && upper.hash === lower.hash) return parting;
    // Two blocks of one height, or one where the other branch has none.
    if (upper.height === lower.height || lower.isPassed) parting = upper.height;
    const word = upper.header && tree.wordFor(upper.header, operator, quorum.operators);
    if (!word || word.parentHeight >= word.height) return parting;
    upper = { height: word.parentHeight, hash: word.parentHash, header: tree.parentBy(word), isPassed: true };
  }
}

/** Where the count has come on one branch: whose votes arrived here, and for which agreed block above. */
type Place = {
  readonly header: Header;
  readonly voices: Set<Voice>;
  /** The votes that each agreed block above brought along. More than one: their branches meet here. */
  readonly from: Map<Backing, ReadonlySet<Voice>>;
};

/**
 * The highest block that enough operators stand behind, each with the tip or with a descendant that it can show the way
 * from. Walks all branches down at once, highest block first, and stops at the answer: near the tip that is a step or two.
 *
 * Where less than a majority is enough, two branches may have it: the one with more operators counts, then ours, then the
 * higher, then the one whose hash is smaller. What a majority stands on is one chain, though the links may not be known:
 * then the highest counts.
 */
export function findAgreed(rules: VoteRules, stands: readonly Stand[]): Backing | undefined {
  const count = new Count(rules);
  for (const { voice, header } of stands) count.arrive(header, [voice], undefined);
  return count.finish();
}

export type VoteRules = {
  readonly tree: HeaderTree;
  readonly quorum: Quorum;
  /** How many operators there are in all. */
  readonly operators: number;
  /** By operator, the height from which its vote counts for nothing. */
  readonly caps: ReadonlyMap<string, number>;
  readonly isOurs: (header: Header) => boolean;
};

class Count {
  readonly #rules: VoteRules;
  readonly #places = new Map<Header, Place>();
  /** Agreed blocks whose way down is not known any further. */
  readonly #ended: [Backing, ReadonlySet<Voice>][] = [];
  readonly #isMajority: boolean;
  #highestAgreed = Number.NEGATIVE_INFINITY;

  constructor(rules: VoteRules) {
    this.#rules = rules;
    this.#isMajority = rules.quorum.operators * 2 > rules.operators;
  }

  arrive(header: Header, voices: Iterable<Voice>, from: Backing | undefined): void {
    let place = this.#places.get(header);
    if (!place) {
      place = { header, voices: new Set(), from: new Map() };
      this.#places.set(header, place);
    }
    const arrived = new Set(voices);
    for (const voice of arrived) place.voices.add(voice);
    if (from) place.from.set(from, new Set([...(place.from.get(from) ?? []), ...arrived]));
  }

  finish(): Backing | undefined {
    for (let place = this.#next(); place; place = this.#next()) {
      this.#places.delete(place.header);
      this.#goDown(place, this.#settle(place));
    }
    for (const { from } of this.#places.values()) this.#ended.push(...from);
    return this.#best(this.#ended);
  }

  /** The highest place to look at next; undefined when nothing can change the answer any more. */
  #next(): Place | undefined {
    let highest: Place | undefined;
    let agreed = this.#ended.length;
    const open = new Set<Voice>();
    for (const place of this.#places.values()) {
      if (!highest || place.header.height > highest.header.height) highest = place;
      agreed += place.from.size;
      if (place.from.size === 0) for (const voice of place.voices) open.add(voice);
    }
    // Nothing that comes now is as high as what counts already, and with a majority the highest counts.
    if (this.#isMajority && highest && highest.header.height < this.#highestAgreed) return undefined;
    if (agreed > 1) return highest;
    return isQuorate(countVoices([...open]), this.#rules.quorum) ? highest : undefined;
  }

  /** The agreed block whose branch goes on below this place, if any. */
  #settle({ header, voices, from }: Place): Backing | undefined {
    if (from.size > 0) return this.#best([...from]);
    const { caps, quorum } = this.#rules;
    const counted = [...voices].filter(({ operator }) => header.height < (caps.get(operator) ?? Infinity));
    if (!isQuorate(countVoices(counted), quorum)) return undefined;
    this.#highestAgreed = Math.max(this.#highestAgreed, header.height);
    return { header, voices: counted };
  }

  #goDown({ header, voices }: Place, agreed: Backing | undefined): void {
    const { tree, quorum, isOurs } = this.#rules;
    // Our chain is proven: all these votes go down it together, and no other place is left where a branch could meet it.
    if (agreed && this.#places.size === 0 && isOurs(header)) {
      this.#ended.push([agreed, voices]);
      return;
    }
    const parents = new Map<Header, Voice[]>();
    for (const voice of voices) {
      const parent = parentFor(tree, header, voice.operator, quorum);
      if (parent) parents.set(parent, [...(parents.get(parent) ?? []), voice]);
    }
    if (parents.size === 0 && agreed) this.#ended.push([agreed, voices]);
    for (const [parent, group] of parents) this.arrive(parent, group, agreed);
  }

  #best(agreed: readonly (readonly [Backing, ReadonlySet<Voice>])[]): Backing | undefined {
    const { isOurs } = this.#rules;
    const rivals = agreed.filter((lower) => !agreed.some((higher) => this.#isSurpassed(lower, higher)));
    const ranked = rivals.map(([{ header, voices: own }, voices]) => ({
      backing: { header, voices: own },
      strength: this.#isMajority ? header.height : countVoices([...voices]).operators,
      ours: isOurs(header) ? 1 : 0,
    }));
    ranked.sort(
      (a, b) =>
        b.strength - a.strength ||
        b.ours - a.ours ||
        b.backing.header.height - a.backing.header.height ||
        (a.backing.header.hash < b.backing.header.hash ? -1 : 1),
    );
    return ranked[0]?.backing;
  }

  /** Whether enough operators stand on both blocks: to them they are one chain, though the way between is not known. */
  #isSurpassed(
    [{ header }, voices]: readonly [Backing, ReadonlySet<Voice>],
    [above, others]: readonly [Backing, ReadonlySet<Voice>],
  ): boolean {
    if (above.header.height <= header.height) return false;
    const { caps, quorum } = this.#rules;
    const both = [...voices].filter(
      (voice) => others.has(voice) && above.header.height < (caps.get(voice.operator) ?? Infinity),
    );
    return isQuorate(countVoices(both), quorum);
  }
}
