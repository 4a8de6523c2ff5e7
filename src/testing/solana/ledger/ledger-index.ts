import { type Bank, isAncestor } from "./bank.ts";
import type { ExecutedTransaction } from "./executed-transaction.ts";

export type Placed = { readonly bank: Bank; readonly transaction: ExecutedTransaction };

/** Where things are in the blocks of all branches. What is found is told as one bank's line has it. */
export class LedgerIndex {
  readonly #bySlot = new Map<number, Bank[]>();
  readonly #byBlockhash = new Map<string, Bank>();
  readonly #bySignature = new Map<string, Placed[]>();
  readonly #byAddress = new Map<string, Placed[]>();

  add(bank: Bank): void {
    push(this.#bySlot, bank.slot, bank);
    this.#byBlockhash.set(bank.blockhash, bank);
    for (const transaction of bank.transactions) {
      const placed = { bank, transaction };
      push(this.#bySignature, transaction.wire.signatures[0] as string, placed);
      for (const address of transaction.keys) push(this.#byAddress, address, placed);
    }
  }

  remove(bank: Bank): void {
    drop(this.#bySlot, bank.slot, (other) => other === bank);
    this.#byBlockhash.delete(bank.blockhash);
    const addresses = new Set<string>();
    for (const { wire, keys } of bank.transactions) {
      drop(this.#bySignature, wire.signatures[0] as string, (placed) => placed.bank === bank);
      for (const address of keys) addresses.add(address);
    }
    for (const address of addresses) drop(this.#byAddress, address, (placed) => placed.bank === bank);
  }

  bankAt(slot: number, tip: Bank): Bank | undefined {
    return this.#bySlot.get(slot)?.find((bank) => isAncestor(bank, tip));
  }

  bankOf(blockhash: string): Bank | undefined {
    return this.#byBlockhash.get(blockhash);
  }

  find(signature: string, tip: Bank): Placed | undefined {
    return this.#bySignature.get(signature)?.find(({ bank }) => isAncestor(bank, tip));
  }

  /** The transactions that name an address, newest first. */
  *ofAddress(address: string, tip: Bank): Iterable<Placed> {
    const all = this.#byAddress.get(address) ?? [];
    for (let i = all.length - 1; i >= 0; i--) {
      const placed = all[i] as Placed;
      if (isAncestor(placed.bank, tip)) yield placed;
    }
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function drop<K, V>(map: Map<K, V[]>, key: K, test: (value: V) => boolean): void {
  const left = map.get(key)?.filter((value) => !test(value)) ?? [];
  if (left.length > 0) map.set(key, left);
  else map.delete(key);
}
