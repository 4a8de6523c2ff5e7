import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";
import { BALANCE_SLOTS, IMPLEMENTATION_KEYS, type MappingSlot } from "./mapping-slots.ts";

/** What a contract was when something was learnt of it: its code, and what tells which code it runs as a proxy. */
export type ContractCode = { readonly codeHash: string; readonly implementations: readonly bigint[] };

/** What is known of where a token keeps its balances. */
type Knowledge =
  | {
      readonly kind: "candidates";
      readonly code: ContractCode;
      readonly slots: readonly MappingSlot[];
      readonly of: string;
    }
  | { readonly kind: "found"; readonly code: ContractCode; readonly slot: MappingSlot }
  /** `examples`: how many more are passed over before one is looked at again. */
  | { readonly kind: "hopeless"; readonly examples: number };

/** Examples that are passed over of a contract of which no usual slot holds the balances: it may be changed one day. */
const HOPELESS_EXAMPLES = 1_000;

/** Smaller numbers stand in many mappings of a contract: flags, counts, nonces. */
const LEAST_EXAMPLE = 0x1_0000n;

/** A balance that enough operators told, of an account of the contract. */
export type Example = { readonly account: string; readonly amount: bigint };

/**
 * Where the tokens of a chain keep their balances, found by examples. A slot is believed when it alone of all usual ones
 * held the right amount in two examples that differ, and only as long as the contract runs the same code. Shared by all
 * nodes of the chain: examples are what operators agreed on, and what storage holds is proven.
 */
export class TokenLayouts {
  readonly #known = new Recent<string, Knowledge>(LIMITS.tokenLayouts);

  /** The slot of the contract's balances and the code for which that holds, once it is believed. */
  find(contract: string): { readonly code: ContractCode; readonly slot: MappingSlot } | undefined {
    const known = this.#known.get(contract);
    return known?.kind === "found" ? known : undefined;
  }

  /** The slots at which it pays to look with this example; none where it would teach nothing. */
  openSlots(contract: string, { account, amount }: Example): readonly MappingSlot[] {
    const known = this.#known.get(contract);
    if (amount < LEAST_EXAMPLE) return [];
    if (!known) return BALANCE_SLOTS;
    if (known.kind === "hopeless") {
      if (known.examples === 0) this.forget(contract);
      else this.#known.set(contract, { kind: "hopeless", examples: known.examples - 1 });
      return [];
    }
    return known.kind === "candidates" && known.of !== nameExample({ account, amount }) ? known.slots : [];
  }

  /** What stands at slots that were open was proven: `slots` are those that hold the example's amount. */
  learn(contract: string, example: Example, code: ContractCode, slots: readonly MappingSlot[]): void {
    const known = this.#known.get(contract);
    const of = nameExample(example);
    if (!known) {
      if (slots.length > 0) this.#known.set(contract, { kind: "candidates", code, slots, of });
      else this.giveUp(contract);
      return;
    }
    // Two callers may have looked at once: neither the same example twice nor a slot that failed the other counts.
    if (known.kind !== "candidates" || known.of === of) return;
    if (!sameCode(known.code, code)) {
      this.forget(contract);
      return;
    }
    const both = slots.filter((slot) => known.slots.includes(slot));
    const [only] = both;
    if (!only) this.giveUp(contract);
    else if (both.length === 1) this.#known.set(contract, { kind: "found", code, slot: only });
    else this.#known.set(contract, { kind: "candidates", code, slots: both, of });
  }

  /** The contract runs other code than when its slot was found: all is to be learnt again. */
  forget(contract: string): void {
    this.#known.delete(contract);
  }

  /** No usual slot holds the balances, or one did and does no longer. */
  giveUp(contract: string): void {
    this.#known.set(contract, { kind: "hopeless", examples: HOPELESS_EXAMPLES });
  }
}

export function sameCode(a: ContractCode, b: ContractCode): boolean {
  return (
    a.codeHash === b.codeHash && IMPLEMENTATION_KEYS.every((_, i) => a.implementations[i] === b.implementations[i])
  );
}

/** Two examples with the same name would be the same one twice: an account that did not move proves nothing new. */
function nameExample({ account, amount }: Example): string {
  return `${account} ${amount}`;
}
