import type { BlockOutputs, SpentOutputs } from "../../core/contracts/plugin.ts";
import type { ChainLedger } from "../../core/contracts/store.ts";
import { IntegrityViolation } from "../../core/errors.ts";
import type { Output, OutputId } from "../../core/model.ts";
import type { UncommittedOutputs } from "./uncommitted-outputs.ts";

/**
 * Finds what a block spends: among what uncommitted blocks made, else in the ledger, which is asked once for all that is left.
 * To be called in the chain's order, each call before the next, without waiting for the answers: what decides is done before it
 * first waits.
 *
 * @throws IntegrityViolation of field `spent output` for an output that was never made, or is spent
 */
export async function findSpent(
  block: BlockOutputs,
  uncommitted: UncommittedOutputs,
  ledger: Pick<ChainLedger, "view">,
): Promise<SpentOutputs> {
  const { spends, ref } = block;
  const found = uncommitted.take(block);
  const missing: OutputId[] = [];
  const places: number[] = [];
  for (let i = 0; i < spends.length; i++) {
    if (found[i] !== undefined) continue;
    missing.push(spends[i] as OutputId);
    places.push(i);
  }
  if (missing.length > 0) {
    using view = ledger.view();
    const stored = await view.outputs(missing);
    for (let i = 0; i < missing.length; i++) {
      const output = stored[i];
      if (output === undefined) {
        const nothing = `${missing[i]}, which there is not`;
        throw new IntegrityViolation("spent output", "an unspent output", nothing, `block ${ref.height} ${ref.hash}`);
      }
      found[places[i] as number] = output;
    }
  }
  return found as Output[];
}
