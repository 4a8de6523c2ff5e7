import type { Transaction } from "bitcoinjs-lib/src/transaction";
import type { SeededRandom } from "../seeded-random.ts";
import type { Purse } from "./purse.ts";
import { type Payment, type SpendableOutput, signTransaction, type WalletScript } from "./wallet.ts";

/** Everything the recipes draw on. */
export type TrafficWorld = {
  readonly random: SeededRandom;
  readonly purse: Purse;
  readonly own: readonly WalletScript[];
  readonly receivers: readonly Uint8Array[];
  /** Told of each own output that is left in the end. */
  left(output: SpendableOutput): void;
};

export type Dish = { readonly transaction: Transaction; readonly replaces?: Transaction };

export type Recipe = { readonly name: string; readonly weight: number; cook(world: TrafficWorld): Dish[] };

type Draft = {
  readonly inputs: readonly SpendableOutput[];
  /** Payments but for the last, which gets what is left. */
  readonly payments: readonly Payment[];
  readonly rest: WalletScript;
  /** Smallest units a virtual byte, at least. */
  readonly rate: number;
  readonly sequence?: number;
};

/** Below it an output would not be worth its own fee. */
const LEAST = 40_000n;
const REPLACEABLE = 0xfffffffd;
/** No input of any form here is larger, virtual bytes. */
const INPUT_BYTES = 200;

export const RECIPES: readonly Recipe[] = [
  { name: "pay", weight: 5, cook: pay },
  { name: "chain", weight: 2, cook: chain },
  { name: "replace", weight: 2, cook: replace },
  { name: "child-pays", weight: 2, cook: childPays },
  { name: "burn", weight: 1, cook: burn },
  { name: "fan", weight: 0.3, cook: fan },
  { name: "gather", weight: 0.5, cook: gather },
  // Used when there is little to spend: a reward becomes many outputs.
  { name: "spread", weight: 0, cook: spread },
];

function pay(world: TrafficWorld): Dish[] {
  const inputs = takeInputs(world, world.random.integer(1, 3));
  if (inputs.length === 0) return [];
  const payments = somePayments(world, inputs, world.random.integer(0, 3));
  return [finish(world, { inputs, payments, rest: anOwn(world), rate: aRate(world) })];
}

/** Each spends what the one before it made. */
function chain(world: TrafficWorld): Dish[] {
  const dishes: Dish[] = [];
  let inputs = takeInputs(world, 1);
  for (let i = world.random.integer(2, 5); i >= 0 && inputs.length > 0; i--) {
    const draft: Draft = {
      inputs,
      payments: somePayments(world, inputs, 1),
      rest: anOwn(world),
      rate: aRate(world),
    };
    const { transaction, change } = build(draft);
    dishes.push({ transaction });
    inputs = [change];
    if (change.amount < LEAST) break;
  }
  for (const output of inputs) world.left(output);
  return dishes;
}

/** Pays one, and then another from the same output, with a higher fee (BIP125). */
function replace(world: TrafficWorld): Dish[] {
  const inputs = takeInputs(world, world.random.integer(1, 2));
  if (inputs.length === 0) return [];
  const rest = anOwn(world);
  const sequence = REPLACEABLE;
  const former = build({ inputs, payments: somePayments(world, inputs, 1), rest, rate: 3, sequence });
  const latter = finish(world, { inputs, payments: somePayments(world, inputs, 1), rest, rate: 20, sequence });
  return [{ transaction: former.transaction }, { ...latter, replaces: former.transaction }];
}

/** A parent that pays next to nothing, and a child that pays for both (CPFP). */
function childPays(world: TrafficWorld): Dish[] {
  const inputs = takeInputs(world, 1);
  if (inputs.length === 0) return [];
  const parent = build({ inputs, payments: somePayments(world, inputs, 1), rest: anOwn(world), rate: 1 });
  const child: Draft = { inputs: [parent.change], payments: [], rest: anOwn(world), rate: 60 };
  return [{ transaction: parent.transaction }, finish(world, child)];
}

/** Data in an output that nobody can spend; at times coins with it. */
function burn(world: TrafficWorld): Dish[] {
  const inputs = takeInputs(world, 1);
  if (inputs.length === 0) return [];
  const data = Buffer.from(`headwater ${world.random.integer(0, 1e9)}`);
  const amount = world.random.integer(0, 2) === 0 ? 1_000n : 0n;
  const payments = [{ script: Buffer.from([0x6a, data.length, ...data]), amount }];
  return [finish(world, { inputs, payments, rest: anOwn(world), rate: aRate(world) })];
}

function fan(world: TrafficWorld): Dish[] {
  const count = world.random.integer(40, 120);
  const inputs = takeInputs(world, 1, BigInt(count) * LEAST);
  if (inputs.length === 0) return [];
  const payments = Array.from({ length: count }, () => ({
    script: world.random.pick(world.receivers),
    amount: 1_000n,
  }));
  return [finish(world, { inputs, payments, rest: anOwn(world), rate: 2 })];
}

function gather(world: TrafficWorld): Dish[] {
  const inputs = takeInputs(world, world.random.integer(5, 15));
  if (inputs.length === 0) return [];
  return [finish(world, { inputs, payments: [], rest: anOwn(world), rate: 2 })];
}

function spread(world: TrafficWorld): Dish[] {
  const [input] = takeInputs(world, 1);
  if (!input) return [];
  const count = 40;
  const share = input.amount / BigInt(count + 1);
  const shares = Array.from({ length: count }, () => ({ owner: anOwn(world), amount: share }));
  const payments = shares.map(({ owner, amount }) => ({ script: owner.script, amount }));
  const dish = finish(world, { inputs: [input], payments, rest: anOwn(world), rate: 2 });
  const id = dish.transaction.getId();
  for (const [position, { owner, amount }] of shares.entries()) world.left({ id, position, amount, owner });
  return [dish];
}

function takeInputs({ purse, random }: TrafficWorld, count: number, least = LEAST): SpendableOutput[] {
  const taken: SpendableOutput[] = [];
  while (taken.length < count) {
    const output = purse.take((many) => random.integer(0, many - 1), least);
    if (!output) break;
    taken.push(output);
  }
  return taken;
}

/** Up to a third of what comes in, to anybody. */
function somePayments(
  { random, own, receivers }: TrafficWorld,
  inputs: readonly SpendableOutput[],
  count: number,
): Payment[] {
  const most = sumOf(inputs) / BigInt(3 * Math.max(1, count));
  return Array.from({ length: count }, () => {
    const script = random.integer(0, 2) === 0 ? random.pick(own).script : random.pick(receivers);
    return { script, amount: 1_000n + BigInt(Math.floor(random.next() * Number(most - 1_000n))) };
  });
}

function anOwn({ random, own }: TrafficWorld): WalletScript {
  return random.pick(own);
}

function aRate({ random }: TrafficWorld): number {
  return random.integer(2, 20);
}

function finish(world: TrafficWorld, draft: Draft): Dish {
  const { transaction, change } = build(draft);
  world.left(change);
  return { transaction };
}

/** Signs the draft; its last output holds what payments and fee leave. */
function build({ inputs, payments, rest, rate, sequence }: Draft) {
  const outputs = [...payments, rest].reduce((sum, { script }) => sum + outputBytes(script), 0);
  const bytes = 20 + INPUT_BYTES * inputs.length + outputs;
  const paid = payments.reduce((sum, { amount }) => sum + amount, 0n);
  const amount = sumOf(inputs) - paid - BigInt(rate * bytes);
  const transaction = signTransaction(inputs, [...payments, { script: rest.script, amount }], sequence);
  const change: SpendableOutput = { id: transaction.getId(), position: payments.length, amount, owner: rest };
  return { transaction, change };
}

/** Nodes count a bare multisig as 20 signatures, and each signature as at least 20 bytes. */
function outputBytes(script: Uint8Array): number {
  return script.at(-1) === 0xae ? 410 : 10 + script.length;
}

function sumOf(outputs: readonly SpendableOutput[]): bigint {
  return outputs.reduce((sum, { amount }) => sum + amount, 0n);
}
