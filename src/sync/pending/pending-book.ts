import type { PendingTransaction } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account, Output, OutputId } from "../../core/model.ts";
import type { Mark } from "./hearings.ts";

/** One pending transaction as it is kept. */
export type HeldTransaction = PendingTransaction & {
  /** With a height of -1. */
  readonly makes: readonly Output[];
  /** Milliseconds since the Unix epoch. */
  readonly firstSeen: number;
  /** Newest first. */
  readonly replaces: readonly string[];
  readonly mark: Mark;
  readonly sizeBytes: number;
};

export type Ancestors = { readonly count: number; readonly size: number; readonly fee: bigint };

/**
 * The pending transactions that are kept: by id, by what they spend and make, and by account. No output is spent by two of
 * them; who adds one takes out what it replaces.
 */
export class PendingBook {
  /** In the order in which they came. */
  readonly #held = new Map<string, HeldTransaction>();
  readonly #spenders = new Map<OutputId, string>();
  readonly #made = new Map<OutputId, Output>();
  readonly #byAccount = new Map<Account, Set<string>>();
  #sizeBytes = 0;

  get size(): number {
    return this.#held.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(id: string): HeldTransaction | undefined {
    return this.#held.get(id);
  }

  [Symbol.iterator](): IterableIterator<[string, HeldTransaction]> {
    return this.#held.entries();
  }

  /** The transaction that spends the output. */
  spenderOf(id: OutputId): string | undefined {
    return this.#spenders.get(id);
  }

  /** An output that one of them makes, spent or not. */
  output(id: OutputId): Output | undefined {
    return this.#made.get(id);
  }

  /** In the order in which they came. */
  ofAccount(account: Account): HeldTransaction[] {
    return [...(this.#byAccount.get(account) ?? [])].map((id) => this.#held.get(id) as HeldTransaction);
  }

  add(held: HeldTransaction): void {
    const { id, outputs } = held.transaction;
    this.#held.set(id, held);
    this.#sizeBytes += held.sizeBytes;
    for (const spent of outputs?.spends ?? []) this.#spenders.set(spent.id, id);
    for (const made of held.makes) this.#made.set(made.id, made);
    for (const account of accountsOf(held)) {
      this.#byAccount.set(account, (this.#byAccount.get(account) ?? new Set()).add(id));
    }
  }

  remove(id: string): HeldTransaction | undefined {
    const held = this.#held.get(id);
    if (!held) return undefined;
    this.#held.delete(id);
    this.#sizeBytes -= held.sizeBytes;
    for (const spent of held.transaction.outputs?.spends ?? []) {
      if (this.#spenders.get(spent.id) === id) this.#spenders.delete(spent.id);
    }
    for (const made of held.makes) this.#made.delete(made.id);
    for (const account of accountsOf(held)) {
      const own = this.#byAccount.get(account);
      own?.delete(id);
      if (own?.size === 0) this.#byAccount.delete(account);
    }
    return held;
  }

  /** Those that spend what it makes, and what these make, and so on: each before what spends of it. */
  descendantsOf({ makes }: HeldTransaction): string[] {
    const found = new Set<string>();
    const open = [...makes];
    for (let output = open.pop(); output; output = open.pop()) {
      const spender = this.#spenders.get(output.id);
      if (spender === undefined || found.has(spender)) continue;
      found.add(spender);
      open.push(...(this.#held.get(spender)?.makes ?? []));
    }
    return [...found];
  }

  /** What it stands on, itself included. Counted up to `LIMITS.pendingAncestors`. */
  ancestorsOf(held: HeldTransaction): Ancestors {
    const found = new Set<string>();
    const open = [held];
    let size = 0;
    let fee = 0n;
    for (let each = open.pop(); each && found.size < LIMITS.pendingAncestors; each = open.pop()) {
      const { id, fee: paid, outputs } = each.transaction;
      if (found.has(id)) continue;
      found.add(id);
      size += each.size;
      fee += paid?.amount ?? 0n;
      for (const spent of outputs?.spends ?? []) {
        const parent = this.#made.has(spent.id) ? this.#held.get(makerOf(spent.id)) : undefined;
        if (parent) open.push(parent);
      }
    }
    return { count: found.size, size, fee };
  }
}

/** The transaction that made an output: its id is `<id>:<position>`. */
function makerOf(id: OutputId): string {
  return id.slice(0, id.lastIndexOf(":"));
}

/** Every account that it moves something of, or whose outputs it spends or makes. */
export function accountsOf({ transaction: { movements, outputs } }: HeldTransaction): Set<Account> {
  const accounts = new Set<Account>();
  for (const list of [movements, outputs?.spends ?? [], outputs?.makes ?? []]) {
    for (const { account } of list) accounts.add(account);
  }
  return accounts;
}
