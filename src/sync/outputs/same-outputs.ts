import type { BlockOutputs } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { OutputChanges } from "../../core/ledger/output-changes.ts";
import type { Output } from "../../core/model.ts";

/**
 * Holds what a block's transactions came to against what the plugin listed before: other blocks were resolved by that, so
 * a difference would be in the ledger for good.
 * @throws HeadwaterError `plugin-invalid`
 */
export function assertSameOutputs(chainId: string, listed: BlockOutputs, decoded: OutputChanges | undefined): void {
  const { spends = [], makes = [] } = decoded ?? {};
  const same =
    spends.length === listed.spends.length &&
    makes.length === listed.makes.length &&
    spends.every((id, i) => id === listed.spends[i]) &&
    makes.every((made, i) => isSame(made, listed.makes[i] as Output));
  if (same) return;
  throw new HeadwaterError(
    "plugin-invalid",
    `${chainId}: block ${listed.ref.height} ${listed.ref.hash} was decoded to other outputs than were listed of it`,
  );
}

function isSame(made: Output, listed: Output): boolean {
  return (
    made.id === listed.id &&
    made.account === listed.account &&
    made.asset === listed.asset &&
    made.amount === listed.amount &&
    made.height === listed.height &&
    made.coinbase === listed.coinbase
  );
}
