import type { CheckResult, RawBlock, SpentOutputs } from "../../core/contracts/plugin.ts";
import type { BlockDecoder } from "../decode-pool.ts";
import type { DecodedBlock, MarkedCopy, OpenBlock } from "../decode-protocol.ts";
import type { CheckCounter } from "./check-counter.ts";

/**
 * Counts the checks of every block that is verified. Those of a block with two looks are counted with the second: what the
 * first had to leave out counts as what came of it then.
 */
export class MeteredDecoder implements BlockDecoder {
  readonly #decoder: BlockDecoder;
  readonly #counter: CheckCounter;

  constructor(decoder: BlockDecoder, counter: CheckCounter) {
    this.#decoder = decoder;
    this.#counter = counter;
  }

  async run(chain: string, raw: RawBlock, marked?: boolean): Promise<DecodedBlock | OpenBlock> {
    const decoded = await this.#counted(chain, () => this.#decoder.run(chain, raw, marked));
    if ("sealed" in decoded) this.#counter.count(chain, decoded.checks);
    return decoded;
  }

  /** What a copy passes is what the block itself passes, and counted with that. */
  async mark(chain: string, raw: RawBlock, like?: MarkedCopy): Promise<MarkedCopy> {
    return await this.#counted(chain, () => this.#decoder.mark(chain, raw, like));
  }

  async complete(chain: string, block: OpenBlock, spent: SpentOutputs): Promise<DecodedBlock> {
    const { sealed, checks: second } = await this.#counted(chain, () => this.#decoder.complete(chain, block, spent));
    const checks = [...onlyIn(block.checks, second), ...second];
    this.#counter.count(chain, checks);
    return { sealed, checks };
  }

  watch(chain: string, table: SharedArrayBuffer): void {
    this.#decoder.watch(chain, table);
  }

  async #counted<T>(chain: string, decode: () => Promise<T>): Promise<T> {
    try {
      return await decode();
    } catch (error) {
      this.#counter.countFailure(chain, error);
      throw error;
    }
  }
}

function onlyIn(first: readonly CheckResult[], second: readonly CheckResult[]): readonly CheckResult[] {
  const names = new Set(second.map(({ check }) => check));
  return first.filter(({ check }) => !names.has(check));
}
