import type { Chain, RawBlock, SpentOutputs } from "../../src/core/contracts/plugin.ts";
import { sealBlock } from "../../src/core/ledger/seal.ts";
import type { BlockRef } from "../../src/core/model.ts";
import { markCopy, markOf } from "../../src/sync/content/content-mark.ts";
import type { BlockDecoder } from "../../src/sync/decode-pool.ts";
import { AccountTable } from "../../src/sync/watch/account-table.ts";

/** Decodes in the thread at hand, so that a run depends on no other clock than its own. */
export function decodeInline(chain: Chain, onBlock: (node: string, ref: BlockRef) => void): BlockDecoder {
  let watched: AccountTable | undefined;
  const decode = (raw: RawBlock, spent?: SpentOutputs) => {
    const { checks, ref } = chain.verify(raw, spent);
    const table = watched;
    const keeps = table && ((account: string) => table.keeps(account, ref.height));
    const block = chain.decode(raw, spent);
    const sealed = sealBlock(block, keeps);
    // Copies are compared by all that was decoded, also where not all of it is kept.
    return { sealed, checks, content: { ...sealed, observations: block.observations } };
  };
  return {
    run: async (_, raw, marked) => {
      const outputs = chain.listOutputs?.(raw);
      const looked = outputs ? { outputs, checks: chain.verify(raw).checks, raw } : decode(raw);
      if ("content" in looked && marked) Object.assign(looked, { mark: markOf(raw, looked.content) });
      onBlock(raw.node, "sealed" in looked ? looked.sealed.ref : looked.outputs.ref);
      return looked;
    },
    mark: async (_, raw, like) => {
      const copy = markCopy(raw, like, {
        decode: () => sealBlock(chain.decode(raw)),
        verify: () => decode(raw).content,
      });
      onBlock(raw.node, copy.ref);
      return copy;
    },
    complete: async (_, { raw }, spent) => decode(raw, spent),
    watch: (_, table) => {
      watched = new AccountTable(table);
    },
  };
}
