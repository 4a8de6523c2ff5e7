import { ByteWriter } from "../../core/bytes.ts";
import type { BlockOutputs } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { MADE_FIELDS, type OutputChanges } from "../../core/ledger/output-changes.ts";
import { packOutputId, positionIn } from "../../core/ledger/output-id.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { LedgerTransaction, Output, OutputId } from "../../core/model.ts";

/**
 * Holds what a block's transactions came to against what the plugin listed before: other blocks were resolved by that, so
 * a difference would be in the ledger for good.
 * @throws HeadwaterError `plugin-invalid`
 */
export function assertSameOutputs(
  chainId: string,
  { ref, spends, makes }: BlockOutputs,
  transactions: readonly LedgerTransaction[],
  sealed: SealedBlock,
): void {
  const { outputs } = sealed;
  const same =
    outputs === undefined
      ? spends.length === 0 && makes.length === 0
      : haveSpends(outputs, spends) && haveMakes(sealed, outputs, transactions, makes);
  if (same) return;
  throw new HeadwaterError(
    "plugin-invalid",
    `${chainId}: block ${ref.height} ${ref.hash} was decoded to other outputs than were listed of it`,
  );
}

function haveSpends({ spends, spendEnds }: OutputChanges, listed: readonly OutputId[]): boolean {
  if (spendEnds.length !== listed.length) return false;
  const writer = new ByteWriter(spends.length);
  for (const id of listed) packOutputId(id, writer);
  return Buffer.compare(writer.finish(), spends) === 0;
}

function haveMakes(
  { ref, changes: { accounts, assets } }: SealedBlock,
  { makes, amounts }: OutputChanges,
  transactions: readonly LedgerTransaction[],
  listed: readonly Output[],
): boolean {
  if (amounts.length !== listed.length) return false;
  return listed.every(({ id, account, asset, amount, height, coinbase }, i) => {
    const [index, position, who, what, reward] = makes.subarray(i * MADE_FIELDS, (i + 1) * MADE_FIELDS);
    return (
      height === ref.height &&
      coinbase === (reward === 1) &&
      amount === amounts[i] &&
      account === accounts[who as number] &&
      asset === assets[what as number] &&
      positionIn(transactions[index as number]?.id ?? "", id) === position
    );
  });
}
