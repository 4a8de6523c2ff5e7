import { type AccountState, isSameAccount } from "../svm/account-state.ts";
import type { Svm } from "../svm/svm.ts";
import { type Bank, isAncestor } from "./bank.ts";

/** What a bank left of an account. Without a bank: what was there before the first block, or below what is kept. */
type Version = { readonly bank: Bank | undefined; readonly state: AccountState | undefined };

/**
 * Every account as it was after every block that is kept, on all branches. The virtual machine has one state only: it is led
 * from branch to branch by the accounts in which they differ. (Snapshots of all of it cost 1 to 4 ms and 1.5 MB each to make
 * and 12 to 20 ms to load; this costs what a block changed.)
 */
export class AccountHistory {
  readonly #svm: Svm;
  readonly #versions = new Map<string, Version[]>();
  /** Where the virtual machine stands. */
  #at: Bank | undefined;

  constructor(svm: Svm) {
    this.#svm = svm;
  }

  /** The account after a bank, which may still be open. */
  read(address: string, bank: Bank): AccountState | undefined {
    const versions = this.#versions.get(address);
    // What no block wrote is as it was at first.
    if (!versions) return this.#svm.read(address);
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as Version;
      if (!version.bank || isAncestor(version.bank, bank)) return version.state;
    }
    return undefined;
  }

  /** Notes what an account has become in an open bank. The virtual machine must be there, and have it so or be told by `put`. */
  note(address: string, bank: Bank, state: AccountState | undefined): void {
    const versions = this.#versions.get(address);
    const version = { bank, state };
    bank.written.add(address);
    if (!versions) throw new RangeError(`what ${address} was before was not kept`);
    // Only one bank is open at a time: what it wrote before is the last.
    if (versions.at(-1)?.bank === bank) versions[versions.length - 1] = version;
    else versions.push(version);
  }

  /** Keeps what an account is before it may be written for the first time. */
  keep(address: string): void {
    if (!this.#versions.has(address)) {
      this.#versions.set(address, [{ bank: undefined, state: this.#svm.read(address) }]);
    }
  }

  /** Writes an account into an open bank and into the virtual machine. */
  put(address: string, bank: Bank, state: AccountState | undefined): void {
    this.keep(address);
    this.#svm.write(address, state);
    this.note(address, bank, state);
  }

  /** Leads the virtual machine to the state after a bank. */
  enter(bank: Bank): void {
    const from = this.#at;
    this.#at = bank;
    if (!from || from === bank || bank.parent === from) return;
    const differing = new Set<string>();
    for (const side of [pathToCommon(from, bank), pathToCommon(bank, from)]) {
      for (const { written } of side) for (const address of written) differing.add(address);
    }
    for (const address of differing) {
      const state = this.read(address, bank);
      if (!isSameAccount(state, this.#svm.read(address))) this.#svm.write(address, state);
    }
  }

  /** The addresses that any block wrote and that have an account after a bank. */
  *written(bank: Bank): Iterable<readonly [address: string, state: AccountState]> {
    for (const address of this.#versions.keys()) {
      const state = this.read(address, bank);
      if (state) yield [address, state];
    }
  }

  /** Forgets what accounts were before a bank, and what branches beside it made of them. */
  forgetBelow(floor: Bank, touched: Iterable<string>): void {
    for (const address of touched) {
      const versions = this.#versions.get(address);
      if (!versions) continue;
      const kept = versions.filter(({ bank }) => bank && bank.height > floor.height);
      this.#versions.set(address, [{ bank: undefined, state: this.read(address, floor) }, ...kept]);
    }
  }
}

/** The banks of one line that are not of the other, newest first. */
function pathToCommon(from: Bank, other: Bank): Bank[] {
  const path: Bank[] = [];
  for (let bank: Bank | undefined = from; bank && !isAncestor(bank, other); bank = bank.parent) path.push(bank);
  return path;
}
