import { getCreate2Address, keccak256, toBeHex } from "ethers";
import { contract, creationData } from "./contracts.ts";
import { contractCall, type Draft, ITEM_IDS, PLAIN_TOKENS, type World } from "./traffic-plan.ts";

type Recipe = {
  /** What it makes, for a test that every kind occurs. */
  readonly name: string;
  /** How often, against the sum of all. */
  readonly weight: number;
  draft(world: World, from: number): Draft;
};

/** Every kind of transaction the traffic is made of. */
export const RECIPES: readonly Recipe[] = [
  { name: "native transfer", weight: 28, draft: (world, from) => send(from, party(world), coins(world)) },
  {
    name: "native transfer to oneself",
    weight: 1,
    draft: (world, from) => send(from, sender(world, from), coins(world)),
  },
  { name: "native transfer of nothing", weight: 1, draft: (world, from) => send(from, party(world), 0n) },
  { name: "token transfer", weight: 24, draft: tokenTransfer },
  { name: "token transfer by another", weight: 3, draft: tokenTransferFrom },
  { name: "token mint", weight: 2, draft: tokenMint },
  { name: "token burn", weight: 2, draft: tokenBurn },
  { name: "many token transfers", weight: 5, draft: tokenSpread },
  { name: "bytes32 token transfer", weight: 2, draft: smallTransfer("bytes", "Bytes32Token") },
  { name: "nameless token transfer", weight: 2, draft: smallTransfer("nameless", "NamelessToken") },
  { name: "rebasing token transfer", weight: 2, draft: smallTransfer("rebasing", "RebasingToken") },
  {
    name: "rebase",
    weight: 1,
    draft: (world, from) => contractCall(world, from, ["rebasing", "RebasingToken", "rebase"], 7),
  },
  { name: "deed mint", weight: 4, draft: deedMint },
  { name: "deed transfer", weight: 4, draft: deedTransfer },
  { name: "deed burn", weight: 1, draft: deedBurn },
  { name: "item transfer", weight: 4, draft: itemTransfer },
  { name: "item batch transfer", weight: 3, draft: itemBatchTransfer },
  {
    name: "item burn",
    weight: 1,
    draft: (world, from) => contractCall(world, from, ["items", "Erc1155", "burn"], 1, 1),
  },
  { name: "split", weight: 5, draft: split },
  { name: "split with a failed inner call", weight: 1, draft: splitAfterFailure },
  { name: "wallet creation", weight: 2, draft: walletCreate },
  { name: "wallet creation and end in one", weight: 1, draft: walletCreateAndClose },
  { name: "wallet end", weight: 1, draft: walletClose },
  { name: "contract creation", weight: 1, draft: tokenCreation },
  { name: "failed creation", weight: 1, draft: failedCreation },
  { name: "revert", weight: 2, draft: revert },
  { name: "refused coins", weight: 1, draft: (world, from) => send(from, at(world, "failing"), coins(world)) },
  { name: "out of gas", weight: 1, draft: outOfGas },
  { name: "lookalike logs", weight: 1, draft: lookalikes },
  { name: "unbacked transfer log", weight: 1, draft: unbacked },
];

function at(world: World, label: string): string {
  return world.contracts[label] as string;
}

function sender(world: World, index: number): string {
  return world.senders[index] as string;
}

function party(world: World): string {
  return world.random.pick(world.random.next() < 0.5 ? world.senders : world.receivers);
}

/** 0.0001 to 0.1 native coins. */
function coins(world: World): bigint {
  return BigInt(world.random.integer(1, 1000)) * 10n ** 14n;
}

function send(from: number, to: string, value: bigint): Draft {
  return { from, to, data: "0x", value, gasLimit: 40_000 };
}

/** 0.01 to 100 of a token whose whole unit is `unit`. */
function amount(world: World, unit: bigint): bigint {
  return (BigInt(world.random.integer(1, 10_000)) * unit) / 100n;
}

function tokenTransfer(world: World, from: number): Draft {
  const { label, unit } = world.random.pick(PLAIN_TOKENS);
  return contractCall(world, from, [label, "Erc20", "transfer"], party(world), amount(world, unit));
}

function tokenTransferFrom(world: World, from: number): Draft {
  const { label, unit } = world.random.pick(PLAIN_TOKENS);
  const owner = sender(world, (from + world.senders.length - 1) % world.senders.length);
  return contractCall(world, from, [label, "Erc20", "transferFrom"], owner, party(world), amount(world, unit));
}

function tokenMint(world: World, from: number): Draft {
  const { label, unit } = world.random.pick(PLAIN_TOKENS);
  return contractCall(world, from, [label, "Erc20", "mint"], party(world), amount(world, unit));
}

function tokenBurn(world: World, from: number): Draft {
  const { label, unit } = world.random.pick(PLAIN_TOKENS);
  return contractCall(world, from, [label, "Erc20", "burn"], amount(world, unit));
}

function tokenSpread(world: World, from: number): Draft {
  const seed = world.random.integer(0, 1_000_000);
  return contractCall(world, from, ["usdh", "Erc20", "spread"], seed, world.random.integer(2, 8), 500);
}

function smallTransfer(label: string, name: "Bytes32Token" | "NamelessToken" | "RebasingToken") {
  return (world: World, from: number) =>
    contractCall(world, from, [label, name, "transfer"], party(world), world.random.integer(1, 1_000_000));
}

function deedMint(world: World, from: number): Draft {
  const owner = world.random.integer(0, world.senders.length - 1);
  world.state.deedsMinted++;
  world.state.deeds.push([world.state.deedsMinted, owner]);
  // The traffic's own record of deeds must not grow with the chain.
  if (world.state.deeds.length > 1_000) world.state.deeds.shift();
  return contractCall(world, from, ["deeds", "Erc721", "mint"], sender(world, owner));
}

function deedTransfer(world: World, from: number): Draft {
  const deed = takeDeed(world);
  if (!deed) return deedMint(world, from);
  const [id, owner] = deed;
  const to = world.random.integer(0, world.senders.length - 1);
  const keptBySender = world.random.next() < 0.7;
  if (keptBySender) world.state.deeds.push([id, to]);
  const target = keptBySender ? sender(world, to) : world.random.pick(world.receivers);
  return contractCall(world, owner, ["deeds", "Erc721", "transferFrom"], sender(world, owner), target, id);
}

function deedBurn(world: World, from: number): Draft {
  const deed = takeDeed(world);
  if (!deed) return deedMint(world, from);
  return contractCall(world, deed[1], ["deeds", "Erc721", "burn"], deed[0]);
}

function takeDeed(world: World): [id: number, owner: number] | undefined {
  const { deeds } = world.state;
  if (deeds.length === 0) return undefined;
  return deeds.splice(world.random.integer(0, deeds.length - 1), 1)[0];
}

function itemTransfer(world: World, from: number): Draft {
  const id = world.random.pick(ITEM_IDS);
  const call = ["items", "Erc1155", "safeTransferFrom"] as const;
  return contractCall(world, from, call, sender(world, from), party(world), id, world.random.integer(1, 20), "0x");
}

function itemBatchTransfer(world: World, from: number): Draft {
  const ids = ITEM_IDS.slice(0, world.random.integer(2, ITEM_IDS.length));
  const values = ids.map(() => world.random.integer(0, 20));
  const call = ["items", "Erc1155", "safeBatchTransferFrom"] as const;
  return contractCall(world, from, call, sender(world, from), party(world), ids, values, "0x");
}

function split(world: World, from: number): Draft {
  const recipients = Array.from({ length: world.random.integer(2, 5) }, () => party(world));
  return { ...contractCall(world, from, ["splitter", "Splitter", "split"], recipients), value: coins(world) };
}

function splitAfterFailure(world: World, from: number): Draft {
  const call = contractCall(world, from, ["splitter", "Splitter", "payAfterFailedTry"], party(world), party(world));
  return { ...call, value: coins(world) };
}

function walletCreate(world: World, from: number): Draft {
  const salt = saltOf(++world.state.salts);
  return { ...contractCall(world, from, ["factory", "WalletFactory", "create"], salt), value: coins(world) };
}

function walletCreateAndClose(world: World, from: number): Draft {
  // Salts of wallets that stay are numbered; these are drawn from the other half of the space.
  const salt = keccak256(saltOf(++world.state.salts));
  const call = contractCall(world, from, ["factory", "WalletFactory", "createAndClose"], salt, party(world));
  return { ...call, value: coins(world) };
}

/** Ends a wallet: one made before, already ended, or (no failure either) an address where none is yet. */
function walletClose(world: World, from: number): Draft {
  const salt = saltOf(world.random.integer(1, Math.max(1, world.state.salts)));
  const wallet = getCreate2Address(at(world, "factory"), salt, keccak256(contract("Wallet").bytecode));
  const data = contract("Wallet").interface.encodeFunctionData("close", [party(world)]);
  return { from, to: wallet, data, value: 0n, gasLimit: 200_000 };
}

function saltOf(number: number): string {
  return toBeHex(number, 32);
}

function tokenCreation(world: World, from: number): Draft {
  const data = creationData("Erc20", "Passing Fashion", `PF${world.random.integer(1, 999)}`, 18);
  return { from, to: null, data, value: 0n, gasLimit: 2_000_000 };
}

/** Creation code that reverts at once: PUSH0 PUSH0 REVERT. */
function failedCreation(world: World, from: number): Draft {
  return { from, to: null, data: "0x5f5ffd", value: coins(world), gasLimit: 100_000 };
}

function revert(world: World, from: number): Draft {
  return { ...contractCall(world, from, ["failing", "Failing", "fail"]), value: coins(world) };
}

function outOfGas(world: World, from: number): Draft {
  return { ...contractCall(world, from, ["failing", "Failing", "burnAllGas"]), gasLimit: 90_000 };
}

function lookalikes(world: World, from: number): Draft {
  return contractCall(world, from, ["lookalikes", "Lookalikes", "emitAll"], party(world));
}

function unbacked(world: World, from: number): Draft {
  const call = ["lookalikes", "Lookalikes", "emitUnbacked"] as const;
  return contractCall(world, from, call, party(world), party(world), amount(world, 10n ** 6n));
}
