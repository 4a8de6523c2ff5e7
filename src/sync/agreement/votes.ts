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
  let [upper, lower] = one.height >= other.height ? [one, other] : [other, one];
  let parting: number | undefined;
  while (upper !== lower) {
    if (upper.height === lower.height) parting = upper.height;
    const word = tree.wordFor(upper, operator, quorum.operators);
    if (!word) return parting;
    // It skips the other's height, or has another block there.
    const passes = word.parentHeight < lower.height;
    if (passes || (word.parentHeight === lower.height && word.parentHash !== lower.hash)) parting = lower.height;
    const parent = tree.parentBy(word);
    if (!parent) return parting;
    [upper, lower] = parent.height >= lower.height ? [parent, lower] : [lower, parent];
  }
  return parting;
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
 * higher, then the one whose hash is smaller.
 *
 * @param caps by operator, the height from which its vote counts for nothing
 */
export function findAgreed(
  tree: HeaderTree,
  stands: readonly Stand[],
  quorum: Quorum,
  caps: ReadonlyMap<string, number>,
  isOurs: (header: Header) => boolean,
): Backing | undefined {
  const count = new Count(tree, quorum, caps, isOurs);
  for (const { voice, header } of stands) count.arrive(header, [voice], undefined);
  return count.finish();
}

class Count {
  readonly #tree: HeaderTree;
  readonly #quorum: Quorum;
  readonly #caps: ReadonlyMap<string, number>;
  readonly #isOurs: (header: Header) => boolean;
  readonly #places = new Map<Header, Place>();
  /** Agreed blocks whose way down is not known any further. */
  readonly #ended: [Backing, ReadonlySet<Voice>][] = [];

  constructor(
    tree: HeaderTree,
    quorum: Quorum,
    caps: ReadonlyMap<string, number>,
    isOurs: (header: Header) => boolean,
  ) {
    this.#tree = tree;
    this.#quorum = quorum;
    this.#caps = caps;
    this.#isOurs = isOurs;
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
    if (agreed > 1) return highest;
    return isQuorate(countVoices([...open]), this.#quorum) ? highest : undefined;
  }

  /** The agreed block whose branch goes on below this place, if any. */
  #settle({ header, voices, from }: Place): Backing | undefined {
    if (from.size > 0) return this.#best([...from]);
    const counted = [...voices].filter(({ operator }) => header.height < (this.#caps.get(operator) ?? Infinity));
    return isQuorate(countVoices(counted), this.#quorum) ? { header, voices: counted } : undefined;
  }

  #goDown({ header, voices }: Place, agreed: Backing | undefined): void {
    const parents = new Map<Header, Voice[]>();
    for (const voice of voices) {
      const parent = parentFor(this.#tree, header, voice.operator, this.#quorum);
      if (parent) parents.set(parent, [...(parents.get(parent) ?? []), voice]);
    }
    if (parents.size === 0 && agreed) this.#ended.push([agreed, voices]);
    for (const [parent, group] of parents) this.arrive(parent, group, agreed);
  }

  #best(rivals: readonly (readonly [Backing, ReadonlySet<Voice>])[]): Backing | undefined {
    const ranked = rivals.map(([backing, voices]) => ({
      backing,
      operators: countVoices([...voices]).operators,
      ours: this.#isOurs(backing.header) ? 1 : 0,
    }));
    ranked.sort(
      (a, b) =>
        b.operators - a.operators ||
        b.ours - a.ours ||
        b.backing.header.height - a.backing.header.height ||
        (a.backing.header.hash < b.backing.header.hash ? -1 : 1),
    );
    return ranked[0]?.backing;
  }
}
