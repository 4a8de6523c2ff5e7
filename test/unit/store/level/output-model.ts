import { createHash } from "node:crypto";
import fc from "fast-check";
import type { BlockRef, Output, TransactionOutput } from "../../../../src/core/model.ts";
import {
  parentOfStart,
  type Sample,
  type SampleBlock,
  type SampleCoins,
  sampleBlock,
} from "../../../../src/testing/store/sample-blocks.ts";

export const OWNERS = ["ann", "bob", `0x${"c0".repeat(20)}`];
const COIN = "slip44:1";

type Payment = {
  /** Which of the outputs at hand it spends. */
  readonly picks: readonly number[];
  /** Owners by number, and amounts. */
  readonly makes: readonly (readonly [owner: number, amount: bigint])[];
};

/** What a block is to be; which outputs it spends depends on where it stands. */
export type Recipe = {
  /** The reward's id is one of a few that come again and again (BIP 30). */
  readonly repeated: number | undefined;
  readonly reward: Payment["makes"];
  readonly payments: readonly Payment[];
  /** Transactions in the order of their ids, so that some spend what only a later one makes. */
  readonly sorted: boolean;
  /** Spends of what was made before the index began. */
  readonly unknown: number;
};

const makes = fc.array(fc.tuple(fc.nat({ max: OWNERS.length - 1 }), fc.bigInt(0n, 20n)), { maxLength: 3 });
export const recipe: fc.Arbitrary<Recipe> = fc.record({
  repeated: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
  reward: makes,
  payments: fc.array(fc.record({ picks: fc.array(fc.nat({ max: 50 }), { maxLength: 3 }), makes }), { maxLength: 4 }),
  sorted: fc.boolean(),
  unknown: fc.nat({ max: 2 }),
});

type Standing = Output & { readonly index: number; readonly position: number };

/** The set of unspent outputs as a list of blocks, worked out from its beginning each time. */
export class OutputModel {
  readonly #startHeight: number;
  blocks: Sample[] = [];

  constructor(startHeight: number) {
    this.#startHeight = startHeight;
  }

  get tip(): BlockRef {
    return this.blocks.at(-1)?.ref ?? parentOfStart(this.#startHeight);
  }

  /** Blocks that follow the tip and those before them. @param fork keeps the ids of all steps apart */
  build(recipes: readonly Recipe[], fork: string): Sample[] {
    const built: Sample[] = [];
    for (const [i, wanted] of recipes.entries()) {
      const tip = built.at(-1)?.ref ?? this.tip;
      built.push(sampleBlock(tip, { ...this.#fill(wanted, [...this.blocks, ...built], `${fork} ${i}`), fork }));
    }
    return built;
  }

  #fill(wanted: Recipe, before: readonly Sample[], name: string): SampleBlock {
    const hand: TransactionOutput[] = standing(before);
    const spend = (at: number) => hand.splice(at, 1)[0] as TransactionOutput;
    const transactions: SampleCoins[] = [];
    const add = (id: string, spends: readonly TransactionOutput[], paid: Payment["makes"], coinbase: boolean) => {
      const outputs = paid.map(([owner, amount]) => [OWNERS[owner] as string, COIN, amount] as const);
      transactions.push({ id, spends, makes: outputs, coinbase });
      for (const [at, [account, asset, amount]] of outputs.entries())
        hand.push({ id: `${id}:${at}`, account, asset, amount });
    };
    const id = wanted.repeated === undefined ? digest(`${name} reward`) : `reward ${wanted.repeated}`;
    const again = wanted.reward.map((_, at) => hand.findIndex((output) => output.id === `${id}:${at}`));
    const replaced = again.filter((at) => at >= 0).sort((a, b) => b - a);
    add(id, replaced.map(spend), wanted.reward, true);
    for (const [i, { picks, makes }] of wanted.payments.entries()) {
      const spends = picks.flatMap((pick) => (hand.length > 0 ? [spend(pick % hand.length)] : []));
      const unknown =
        this.#startHeight > 0 && i < wanted.unknown
          ? [{ id: `${digest(`${name} ${i} old`)}:0`, account: "ann", asset: COIN, amount: 3n }]
          : [];
      add(digest(`${name} ${i}`), [...unknown, ...spends], makes, false);
    }
    if (wanted.sorted) transactions.sort((a, b) => ((a.id as string) < (b.id as string) ? -1 : 1));
    return { transactions };
  }

  commit(blocks: readonly Sample[]): void {
    this.blocks.push(...blocks);
  }

  rollback(height: number): void {
    this.blocks = this.blocks.filter(({ ref }) => ref.height <= height);
  }

  /** An account's unspent outputs, oldest first. */
  unspent(account: string): Output[] {
    const own = standing(this.blocks).filter((output) => output.account === account);
    own.sort((a, b) => a.height - b.height || a.index - b.index || a.position - b.position);
    return own.map(({ index: _, position: __, ...output }) => output);
  }
}

function standing(blocks: readonly Sample[]): Standing[] {
  const set = new Map<string, Standing>();
  for (const { ref, transactions } of blocks) {
    // What is made again under its id was spent before, by the same transaction: that output is of an earlier block.
    for (const { outputs } of transactions) for (const { id } of outputs?.makes ?? []) set.delete(id);
    for (const { index, outputs } of transactions) {
      for (const [position, output] of (outputs?.makes ?? []).entries()) {
        set.set(output.id, { ...output, height: ref.height, coinbase: outputs?.coinbase ?? false, index, position });
      }
    }
    for (const { outputs } of transactions) {
      const own = new Set(outputs?.makes.map(({ id }) => id));
      for (const { id } of outputs?.spends ?? []) if (!own.has(id)) set.delete(id);
    }
  }
  return [...set.values()];
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
