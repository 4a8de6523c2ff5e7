import type { BlockOutputs } from "../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../core/errors.ts";
import type { Output, OutputId } from "../../core/model.ts";

/** What became last of an output in a block that is not committed: undefined where it is spent. */
type Entry = { readonly height: number; readonly output: Output | undefined };

/**
 * What the blocks between the ledger's last commit and the newest block taken in do to the set of unspent outputs. Blocks are
 * taken in the chain's order; as many are held as the pipeline holds.
 *
 * What it does not know is looked up in a view of the ledger. That view may be newer than what is held here, never older:
 * a block is forgotten only after its commit, and what is held here is asked first.
 */
export class UncommittedOutputs {
  readonly #entries = new Map<OutputId, Entry>();
  /** Oldest first, with the ids that each has an entry of. */
  readonly #blocks: { readonly height: number; readonly ids: readonly OutputId[] }[] = [];

  /**
   * Takes in one block more.
   * @returns the outputs that it spends, as far as uncommitted blocks made them, in the order of `spends`; undefined for
   *   those that only the ledger may know
   * @throws IntegrityViolation of field `spent output` when an uncommitted block, or this one, has spent one of them
   */
  take({ ref, spends, makes }: BlockOutputs): (Output | undefined)[] {
    const ids: OutputId[] = [];
    this.#blocks.push({ height: ref.height, ids });
    const found = spends.map((id) => {
      const entry = this.#entries.get(id);
      if (entry && !entry.output) {
        const spent = `${id}, which block ${entry.height} has spent`;
        throw new IntegrityViolation("spent output", "an unspent output", spent, `block ${ref.height} ${ref.hash}`);
      }
      this.#entries.set(id, { height: ref.height, output: undefined });
      ids.push(id);
      return entry?.output;
    });
    for (const output of makes) {
      this.#entries.set(output.id, { height: ref.height, output });
      ids.push(output.id);
    }
    return found;
  }

  /** Every block up to the height is committed: the ledger's next view knows what they did. */
  forget(height: number): void {
    while (this.#blocks[0] !== undefined && this.#blocks[0].height <= height) {
      const block = this.#blocks.shift();
      for (const id of block?.ids ?? []) if (this.#entries.get(id)?.height === block?.height) this.#entries.delete(id);
    }
  }

  /** How many outputs it knows something of. */
  get size(): number {
    return this.#entries.size;
  }
}
