import type { Chain, RawBlock, SpentOutputs } from "../../src/core/contracts/plugin.ts";
import { sealBlock } from "../../src/core/ledger/seal.ts";
import type { BlockRef } from "../../src/core/model.ts";
import { markCopy, markOf } from "../../src/sync/content/content-mark.ts";
import type { BlockDecoder } from "../../src/sync/decode-pool.ts";

/** Decodes in the thread at hand, so that a run depends on no other clock than its own. */
export function decodeInline(chain: Chain, onBlock: (node: string, ref: BlockRef) => void): BlockDecoder {
  const decode = (raw: RawBlock, spent?: SpentOutputs) => {
    const { checks } = chain.verify(raw, spent);
    return { sealed: sealBlock(chain.decode(raw, spent)), checks };
  };
  return {
    run: async (_, raw, marked) => {
      const outputs = chain.listOutputs?.(raw);
      const looked = outputs ? { outputs, checks: chain.verify(raw).checks, raw } : decode(raw);
      if ("sealed" in looked && marked) Object.assign(looked, { mark: markOf(raw, looked.sealed) });
      onBlock(raw.node, "sealed" in looked ? looked.sealed.ref : looked.outputs.ref);
      return looked;
    },
    mark: async (_, raw, like) => {
      const copy = markCopy(raw, like, {
        decode: () => sealBlock(chain.decode(raw)),
        verify: () => decode(raw).sealed,
      });
      onBlock(raw.node, copy.ref);
      return copy;
    },
    complete: async (_, { raw }, spent) => decode(raw, spent),
  };
}
