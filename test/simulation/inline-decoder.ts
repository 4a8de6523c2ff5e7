import type { Chain, RawBlock } from "../../src/core/contracts/plugin.ts";
import { sealBlock } from "../../src/core/ledger/seal.ts";
import type { BlockRef } from "../../src/core/model.ts";
import type { BlockDecoder } from "../../src/sync/decode-pool.ts";

/** Decodes in the thread at hand, so that a run depends on no other clock than its own. */
export function decodeInline(chain: Chain, onBlock: (node: string, ref: BlockRef) => void): BlockDecoder {
  return {
    run: async (_, raw: RawBlock) => {
      const { checks } = chain.verify(raw);
      const sealed = sealBlock(chain.decode(raw));
      onBlock(raw.node, sealed.ref);
      return { sealed, checks };
    },
  };
}
