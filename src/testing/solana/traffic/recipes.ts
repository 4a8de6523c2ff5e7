import { memo, priorityFee, transfer } from "../programs/system.ts";
import type { Instruction } from "../wire/message.ts";
import { TOKEN_RECIPES } from "./token-recipes.ts";
import type { Draft, Recipe, TrafficWorld } from "./world.ts";

const LAMPORT_RECIPES: readonly Recipe[] = [
  { name: "pay", weight: 20, draft: pay },
  { name: "pay-first", weight: 8, draft: payFirst },
  { name: "pay-with-memo", weight: 5, draft: payWithMemo },
  { name: "pay-many-by-table", weight: 6, draft: payManyByTable },
  { name: "open-purse", weight: 6, draft: openPurse },
  { name: "empty-purse", weight: 5, draft: emptyPurse },
  { name: "overdraw", weight: 4, draft: overdraw },
  { name: "too-little-for-rent", weight: 2, draft: tooLittleForRent },
];

export const RECIPES: readonly Recipe[] = [...LAMPORT_RECIPES, ...TOKEN_RECIPES];

function pay(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  return { payer, instructions: [payment(world, payer.address, world.another(payer).address)] };
}

function payFirst(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  const price = BigInt(world.random.integer(1, 2_000_000));
  const instructions = [...priorityFee(price, 1_000), payment(world, payer.address, world.another(payer).address)];
  return { payer, instructions };
}

/** Somebody else pays the fee. */
function payWithMemo(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  const from = world.another(payer);
  const text = memo(`invoice ${world.random.integer(1, 99_999)}`);
  return { payer, signers: [from], instructions: [payment(world, from.address, payer.address), text] };
}

/** Of version 0: the receivers are looked up in a table. */
function payManyByTable(world: TrafficWorld): Draft | undefined {
  const { table, random } = world;
  if (!table) return undefined;
  const payer = world.aPayer();
  const receivers = table.addresses.filter((address) => address !== payer.address && random.integer(0, 2) === 0);
  if (receivers.length === 0) return undefined;
  const instructions = receivers.map((to) => transfer(payer.address, to, BigInt(random.integer(900_000, 2_000_000))));
  return { payer, instructions, tables: [table] };
}

/** Lamports to an account that is not there yet. */
function openPurse(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  const purse = world.newKey();
  world.purses.push(purse);
  return {
    payer,
    instructions: [transfer(payer.address, purse.address, BigInt(world.random.integer(2_000_000, 9_000_000)))],
  };
}

/** All that an account has: it is gone afterwards. */
function emptyPurse(world: TrafficWorld): Draft | undefined {
  const purse = world.purses.find(({ address }) => world.lamportsOf(address) > 5_000n);
  if (!purse) return undefined;
  world.purses.splice(world.purses.indexOf(purse), 1);
  const all = world.lamportsOf(purse.address) - 5_000n;
  return { payer: purse, instructions: [transfer(purse.address, world.random.pick(world.wallets).address, all)] };
}

/** Fails, and pays its fee. */
function overdraw(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  const more = world.lamportsOf(payer.address) + BigInt(world.random.integer(1, 1_000_000_000));
  return { payer, instructions: [transfer(payer.address, world.another(payer).address, more)] };
}

/** Fails: a new account must have enough not to owe rent. */
function tooLittleForRent(world: TrafficWorld): Draft {
  const payer = world.aPayer();
  const little = BigInt(world.random.integer(1, 500_000));
  return { payer, instructions: [transfer(payer.address, world.newKey().address, little)] };
}

function payment(world: TrafficWorld, from: string, to: string): Instruction {
  return transfer(from, to, BigInt(world.random.integer(1_000, 50_000_000)));
}
