import { TOKEN_2022 } from "../programs/programs.ts";
import { createAccount } from "../programs/system.ts";
import {
  burn,
  closeAccount,
  createAssociated,
  initializeAccount,
  mintTo,
  setOwner,
  TOKEN_ACCOUNT_BYTES,
  transferTokens,
} from "../programs/token.ts";
import type { Keypair } from "../wire/keypair.ts";
import type { Draft, Recipe, TrafficMint, TrafficWorld } from "./world.ts";

/** Accounts of mints with a transfer fee have an extension for what was withheld: its type and length, and 8 bytes. */
const FEE_ACCOUNT_BYTES = TOKEN_ACCOUNT_BYTES + 1 + 4 + 8;

export const TOKEN_RECIPES: readonly Recipe[] = [
  { name: "send-tokens", weight: 14, draft: sendTokens },
  { name: "send-tokens-to-new-owner", weight: 5, draft: sendToNewOwner },
  { name: "send-too-many-tokens", weight: 2, draft: sendTooMany },
  { name: "mint-tokens", weight: 4, draft: mintTokens },
  { name: "burn-tokens", weight: 4, draft: burnTokens },
  { name: "open-token-account", weight: 5, draft: openTokenAccount },
  { name: "hand-over-token-account", weight: 4, draft: handOver },
  { name: "close-token-account", weight: 4, draft: closeTokenAccount },
];

/** From a wallet that has some. */
function holding(world: TrafficWorld): { mint: TrafficMint; owner: Keypair; from: string; amount: bigint } | undefined {
  const mint = world.random.pick(world.mints);
  const owner = world.aPayer();
  const from = world.accountOf(owner, mint);
  const amount = world.token(from)?.amount ?? 0n;
  return amount > 1_000n ? { mint, owner, from, amount } : undefined;
}

function sendTokens(world: TrafficWorld): Draft | undefined {
  const held = holding(world);
  if (!held) return undefined;
  const { mint, owner, from, amount } = held;
  const to = world.accountOf(world.another(owner), mint);
  const move = { from, mint: mint.address, to, owner: owner.address, decimals: mint.decimals, program: mint.program };
  return { payer: owner, instructions: [transferTokens({ ...move, amount: world.aPart(amount) })] };
}

function sendToNewOwner(world: TrafficWorld): Draft | undefined {
  const held = holding(world);
  if (!held) return undefined;
  const { mint, owner, from, amount } = held;
  const receiver = world.newKey();
  const to = world.accountOf(receiver, mint);
  const move = { from, mint: mint.address, to, owner: owner.address, decimals: mint.decimals, program: mint.program };
  const instructions = [
    createAssociated(owner.address, receiver.address, mint.address, mint.program),
    transferTokens({ ...move, amount: world.aPart(amount, 5) }),
  ];
  return { payer: owner, instructions };
}

/** Fails in the token program. */
function sendTooMany(world: TrafficWorld): Draft | undefined {
  const held = holding(world);
  if (!held) return undefined;
  const { mint, owner, from, amount } = held;
  const to = world.accountOf(world.another(owner), mint);
  const move = { from, mint: mint.address, to, owner: owner.address, decimals: mint.decimals, program: mint.program };
  return { payer: owner, instructions: [transferTokens({ ...move, amount: amount + world.aPart(amount) })] };
}

function mintTokens(world: TrafficWorld): Draft {
  const mint = world.random.pick(world.mints);
  const owner = world.aPayer();
  const amount = world.aPart(mint.allotted, 1);
  const to = world.accountOf(owner, mint);
  return {
    payer: owner,
    signers: [mint.authority],
    instructions: [mintTo(mint.address, to, mint.authority.address, amount, mint.program)],
  };
}

function burnTokens(world: TrafficWorld): Draft | undefined {
  const held = holding(world);
  if (!held) return undefined;
  const { mint, owner, from, amount } = held;
  return {
    payer: owner,
    instructions: [burn(from, mint.address, owner.address, world.aPart(amount, 2), mint.program)],
  };
}

/** An account of any address, with some tokens in it. */
function openTokenAccount(world: TrafficWorld): Draft | undefined {
  const held = holding(world);
  if (!held) return undefined;
  const { mint, owner, from, amount } = held;
  const account = world.newKey();
  world.tokenAccounts.push(account);
  const sizeBytes = mint.program === TOKEN_2022 ? FEE_ACCOUNT_BYTES : TOKEN_ACCOUNT_BYTES;
  const room = { lamports: world.rent(sizeBytes), sizeBytes, owner: mint.program };
  const move = { from, mint: mint.address, owner: owner.address, decimals: mint.decimals, program: mint.program };
  const instructions = [
    createAccount(owner.address, account.address, room),
    initializeAccount(account.address, mint.address, owner.address, mint.program),
    transferTokens({ ...move, to: account.address, amount: world.aPart(amount, 2) }),
  ];
  return { payer: owner, signers: [account], instructions };
}

function handOver(world: TrafficWorld): Draft | undefined {
  const opened = openedAccount(world);
  if (!opened) return undefined;
  const { address, owner, mint } = opened;
  const next = world.another(owner);
  return { payer: owner, instructions: [setOwner(address, owner.address, next.address, mint.program)] };
}

/** Sends all tokens of an account away, then closes it. What a transfer fee withheld in one keeps it open: that fails. */
function closeTokenAccount(world: TrafficWorld): Draft | undefined {
  const opened = openedAccount(world);
  if (!opened) return undefined;
  const { address, owner, mint, amount } = opened;
  const to = world.accountOf(owner, mint);
  const move = { from: address, mint: mint.address, to, decimals: mint.decimals, program: mint.program };
  const instructions = [
    transferTokens({ ...move, owner: owner.address, amount }),
    closeAccount(address, owner.address, owner.address, mint.program),
  ];
  return { payer: owner, instructions };
}

/** One of the accounts that were opened and that a wallet owns at this moment. */
function openedAccount(world: TrafficWorld) {
  const { tokenAccounts, random } = world;
  while (tokenAccounts.length > 0) {
    const at = random.integer(0, tokenAccounts.length - 1);
    const { address } = tokenAccounts[at] as Keypair;
    const token = world.token(address);
    const owner = token && world.walletOf(token.owner);
    const mint = world.mints.find((each) => each.address === token?.mint);
    if (token && owner && mint) return { address, owner, mint, amount: token.amount };
    if (!isAwaited(world, address)) tokenAccounts.splice(at, 1);
    else return undefined;
  }
  return undefined;
}

/** Whether the account may be in a block yet to come. */
function isAwaited({ cluster }: TrafficWorld, address: string): boolean {
  return cluster.pending.length > 0 && cluster.account(address) === undefined;
}
