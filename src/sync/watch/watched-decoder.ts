import type { IndexScope } from "../../core/contracts/chain-config.ts";
import type { RawBlock, SpentOutputs } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockDecoder } from "../decode-pool.ts";
import type { DecodedBlock, MarkedCopy, OpenBlock } from "../decode-protocol.ts";

/**
 * Notes up to which height blocks were handed to a decoder: what is registered from now on is known to every decoder of a
 * block above.
 */
export class WatchedDecoder implements BlockDecoder {
  readonly #decoder: BlockDecoder;
  readonly #scope: IndexScope;
  #highest = -1;

  constructor(decoder: BlockDecoder, scope: IndexScope) {
    this.#decoder = decoder;
    this.#scope = scope;
  }

  /** The highest block that was handed over so far; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  async run(chain: string, raw: RawBlock, marked?: boolean): Promise<DecodedBlock | OpenBlock> {
    if (this.#scope === "all") return await this.#decoder.run(chain, raw, marked);
    const { height } = raw.asked;
    if (height === undefined) {
      throw new HeadwaterError("plugin-invalid", `${chain}: a block that was asked for by height does not say so`);
    }
    this.#highest = Math.max(this.#highest, height);
    const decoded = await this.#decoder.run(chain, raw, marked);
    // What it says is what counts: a block above what was noted may lack an account that was registered meanwhile.
    if ("sealed" in decoded && decoded.sealed.ref.height > height) {
      const { ref } = decoded.sealed;
      throw new HeadwaterError("node-wrong-block", `${chain}: block ${ref.height} came where ${height} was asked for`);
    }
    return decoded;
  }

  mark(chain: string, raw: RawBlock, like?: MarkedCopy): Promise<MarkedCopy> {
    return this.#decoder.mark(chain, raw, like);
  }

  complete(chain: string, block: OpenBlock, spent: SpentOutputs): Promise<DecodedBlock> {
    return this.#decoder.complete(chain, block, spent);
  }

  watch(chain: string, table: SharedArrayBuffer): void {
    this.#decoder.watch(chain, table);
  }
}
