import { sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBase58 } from "../../src/plugins/solana/codec/base58.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { digest, Keys, type Name } from "./keys.ts";
import {
  type Meta,
  readTemplates,
  type Template,
  type Templates,
  type TokenBalance,
  writableKeys,
} from "./recorded.ts";

/** Of three transactions two are votes. */
const VOTES = 2 / 3;
/** How many lives each other template leads: the k-th is used in proportion to 1/k. */
const LIVES = 2_000;
/** Accounts whose balance changes begin with this more than was recorded, so that none runs out. */
const START_LAMPORTS = 2_000_000_000_000;
const FIRST_SLOT = 400_000_000;

export const FORMS = ["full", "accounts"] as const;
export type Form = (typeof FORMS)[number];

export type JoinedBlocks = {
  readonly slots: readonly number[];
  readonly transactionsPerBlock: number;
  readonly signatures: number;
  /** By form, all blocks. */
  readonly sizeBytes: Readonly<Record<Form, number>>;
  readonly accounts: readonly string[];
};

export function blockPath(folder: string, slot: number, form: Form): string {
  return join(folder, `${slot}.${form}.json`);
}

/**
 * Writes a chain of blocks of today's size, as a node answers `getBlock`: recorded transactions over and over, two thirds of them
 * votes. Each repetition has keys of its own for what is the recorded transaction's own (the accounts of one life go together),
 * balances that follow from the blocks before, a blockhash of its own and signatures that hold. Kept are sizes, numbers and
 * order of accounts, instructions, logs, changes of lamports and amounts of tokens.
 */
export function writeJoinedBlocks(folder: string, blocks: number, transactions: number): JoinedBlocks {
  return new BlockJoiner(folder, transactions).write(blocks);
}

class BlockJoiner {
  readonly #folder: string;
  readonly #transactions: number;
  readonly #templates: Templates = readTemplates();
  readonly #keys = new Keys();
  readonly #random = new SeededRandom(11);
  readonly #balances = new Map<string, number>();
  readonly #sizeBytes = { full: 0, accounts: 0 };
  #written = 0;
  #signatures = 0;

  constructor(folder: string, transactions: number) {
    this.#folder = folder;
    this.#transactions = transactions;
  }

  write(blocks: number): JoinedBlocks {
    const slots: number[] = [];
    // One slot in twenty is skipped.
    for (let slot = FIRST_SLOT; slots.length < blocks; slot += slot % 20 === 18 ? 2 : 1) slots.push(slot);
    for (const [i, slot] of slots.entries()) this.#writeBlock(slot, slots[i - 1] ?? slot - 1);
    return {
      slots,
      transactionsPerBlock: this.#transactions,
      signatures: this.#signatures,
      sizeBytes: this.#sizeBytes,
      accounts: [...this.#balances.keys()],
    };
  }

  #writeBlock(slot: number, parentSlot: number): void {
    const votes = Math.round(this.#transactions * VOTES);
    const parts: Record<Form, unknown[]> = { full: [], accounts: [] };
    let fees = 0;
    for (let i = 0, vote = 0; i < this.#transactions; i++) {
      // Spread evenly, as they come in.
      const isVote = Math.floor(((i + 1) * votes) / this.#transactions) > vote;
      const { full, accounts, fee } = isVote ? this.#vote(vote++) : this.#other();
      parts.full.push(full);
      parts.accounts.push(accounts);
      fees += fee;
    }
    const leader = this.#keys.signer(`voter ${slot % votes}`).text;
    const lamports = Math.floor(fees / 2);
    const postBalance = this.#move(leader, 0, lamports);
    for (const form of FORMS) {
      const result = {
        blockHeight: slot - 20_000_000,
        blockTime: 1_780_000_000 + Math.floor((slot - FIRST_SLOT) * 0.4),
        blockhash: encodeBase58(digest(`block ${slot}`)),
        parentSlot,
        previousBlockhash: encodeBase58(digest(`block ${parentSlot}`)),
        rewards: [{ pubkey: leader, lamports, postBalance, rewardType: "Fee", commission: null }],
        transactions: parts[form],
      };
      const text = JSON.stringify({ jsonrpc: "2.0", result, id: 1 });
      writeFileSync(blockPath(this.#folder, slot, form), text);
      this.#sizeBytes[form] += Buffer.byteLength(text);
    }
  }

  #vote(voter: number) {
    const { votes } = this.#templates;
    const template = votes[voter % votes.length] as Template;
    const [payer, voteAccount] = template.keys;
    return this.#transaction(template, (name) => {
      if (name === payer) return this.#keys.signer(`voter ${voter}`);
      return name === voteAccount ? this.#keys.account(`vote account ${voter}`) : undefined;
    });
  }

  #other() {
    const { others } = this.#templates;
    const template = others[this.#random.integer(0, others.length - 1)] as Template;
    const life = Math.floor(Math.exp((this.#random.integer(0, 1_000_000) / 1_000_000) * Math.log(LIVES)));
    const signers = new Set(template.keys.slice(0, template.wire.signers));
    return this.#transaction(template, (name) => {
      if (signers.has(name)) return this.#keys.signer(`${name} ${life}`);
      return template.own.has(name) ? this.#keys.account(`${name} ${life}`) : undefined;
    });
  }

  #transaction(template: Template, rename: (name: string) => Name | undefined) {
    const textOf = (name: string) => rename(name)?.text ?? name;
    const keys = template.keys.map(textOf);
    const meta = this.#meta(template, keys, textOf);
    const { bytes, signatures } = this.#sign(template, rename);
    const { version } = template;
    const { err, status, fee, preBalances, postBalances, preTokenBalances, postTokenBalances } = meta;
    const writable = writableKeys(template);
    const { length } = template.meta.loadedAddresses.writable;
    const accountKeys = keys.map((pubkey, i) => ({
      pubkey,
      writable: writable[i] ?? i - writable.length < length,
      signer: i < template.wire.signers,
      source: i < writable.length ? "transaction" : "lookupTable",
    }));
    return {
      fee,
      full: { transaction: [bytes.toString("base64"), "base64"], meta, version },
      accounts: {
        transaction: { signatures, accountKeys },
        meta: { err, status, fee, preBalances, postBalances, preTokenBalances, postTokenBalances, rewards: [] },
        version,
      },
    };
  }

  #meta({ meta }: Template, keys: readonly string[], textOf: (name: string) => string): Meta {
    const preBalances = [...meta.preBalances];
    const postBalances = [...meta.postBalances];
    for (const [i, key] of keys.entries()) {
      const [before, after] = [meta.preBalances[i] as number, meta.postBalances[i] as number];
      if (before === after && !this.#balances.has(key)) continue;
      const now = this.#move(key, before, after - before);
      postBalances[i] = now;
      preBalances[i] = now - (after - before);
    }
    const rename = (list: readonly TokenBalance[]) =>
      list.map((each) => ({ ...each, mint: textOf(each.mint), owner: textOf(each.owner) }));
    return {
      ...meta,
      preBalances,
      postBalances,
      preTokenBalances: rename(meta.preTokenBalances),
      postTokenBalances: rename(meta.postTokenBalances),
      loadedAddresses: {
        writable: meta.loadedAddresses.writable.map(textOf),
        readonly: meta.loadedAddresses.readonly.map(textOf),
      },
    };
  }

  /** The balance after a change. */
  #move(account: string, recorded: number, delta: number): number {
    const after = (this.#balances.get(account) ?? recorded + START_LAMPORTS) + delta;
    if (after < 0 || !Number.isSafeInteger(after)) throw new Error(`${account} would have ${after}`);
    this.#balances.set(account, after);
    return after;
  }

  #sign({ wire, keys }: Template, rename: (name: string) => Name | undefined) {
    const bytes = Buffer.from(wire.bytes);
    for (let i = 0; i < wire.keys; i++) rename(keys[i] as string)?.bytes.copy(bytes, wire.keysAt + i * 32);
    // The recent blockhash: another one each time, so that no two transactions are alike.
    digest(`transaction ${this.#written++}`).copy(bytes, wire.keysAt + wire.keys * 32);
    const message = bytes.subarray(wire.messageAt);
    const signatures: string[] = [];
    for (let i = 0; i < wire.signatures; i++) {
      const key = rename(keys[i] as string)?.privateKey;
      if (!key) throw new Error(`${keys[i]} signs and was not renamed`);
      const signature = sign(null, message, key);
      signature.copy(bytes, wire.signaturesAt + i * 64);
      signatures.push(encodeBase58(signature));
      this.#signatures++;
    }
    return { bytes, signatures };
  }
}
