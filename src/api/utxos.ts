import { type ChainService, finalityAt } from "../core/contracts/service.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { Asset, AssetInfo, Output } from "../core/model.ts";
import { formatAsset } from "./account-directory.ts";
import type { UtxosPlace } from "./cursor.ts";
import { isWhole } from "./pending.ts";
import { assertIndexed } from "./query.ts";
import type { OpenView } from "./read.ts";
import type { UtxoAnswer } from "./schemas/outputs.ts";

/** @throws HeadwaterError `unsupported` where the chain's coins are no outputs */
export function assertHasOutputs(service: ChainService): void {
  if (service.capabilities.utxos) return;
  throw new HeadwaterError(
    "unsupported",
    `${service.id} has no unspent outputs to list: its balances are no sums of outputs`,
    { details: { chain: service.id, capability: "utxos", reason: "chain-has-none" } },
  );
}

/** @throws HeadwaterError `unsupported` where the index may lack some of an account's outputs: a part is no answer */
export function assertKnowsOutputs({ service }: OpenView): void {
  if (service.knowsOutputs) return;
  const startHeight = service.startHeight ?? null;
  throw new HeadwaterError(
    "unsupported",
    `the index of ${service.id} does not know every unspent output: that takes one from block 0 on, of all accounts`,
    { details: { chain: service.id, capability: "utxos", reason: "index-not-whole", startHeight } },
  );
}

/**
 * Whether the page before is still true but for what later blocks spent. A reorg that took its block away may have put outputs
 * before the cursor, or given back spent ones, that nobody was shown.
 * @throws HeadwaterError `block-not-yet` on an index that has not come so far, `block-unknown`
 */
export async function assertSameBranch({ service, view, position }: OpenView, { asOf }: UtxosPlace): Promise<void> {
  assertIndexed(service, position, asOf.height);
  if (await view.block(asOf.hash)) return;
  throw new HeadwaterError(
    "block-unknown",
    `the page before stood on a block ${asOf.height} of ${service.id} that was orphaned: start again without a cursor`,
    { details: { chain: service.id, block: asOf.hash, field: "cursor" } },
  );
}

/** The outputs of one page as they are told. */
export async function renderUtxos(open: OpenView, outputs: readonly Output[]): Promise<UtxoAnswer[]> {
  const { service, position } = open;
  const infos = await readInfos(open, outputs);
  return outputs.map((output) => {
    const { id, asset, amount, height, coinbase } = output;
    const colon = id.lastIndexOf(":");
    const { symbol, decimals } = infos.get(asset) ?? { symbol: null, decimals: null };
    return {
      output: id,
      transaction: id.slice(0, colon),
      position: Number(id.slice(colon + 1)),
      asset: formatAsset(service, asset),
      symbol,
      decimals,
      amount: amount.toString(),
      height,
      confirmations: position.tip.height - height + 1,
      finality: finalityAt(height, position),
      coinbase,
      spendable: (service.chain.spendableFrom?.(output) ?? 0) <= position.tip.height + 1,
      ...renderSpender(service, id),
    };
  });
}

/** Null says that nobody spends it, so it is left out where the pool may lack the one who does. */
function renderSpender({ pending }: ChainService, output: string): { spentBy?: string | null } {
  if (pending === undefined) return {};
  const spentBy = pending.spenderOf(output);
  if (spentBy !== undefined) return { spentBy };
  return isWhole(pending) ? { spentBy: null } : {};
}

async function readInfos({ service, view }: OpenView, outputs: readonly Output[]): Promise<Map<Asset, AssetInfo>> {
  const { nativeAsset, nativeInfo } = service.chain.info;
  const infos = new Map<Asset, AssetInfo>([[nativeAsset, nativeInfo]]);
  for (const { asset } of outputs) {
    if (infos.has(asset)) continue;
    infos.set(asset, (await view.assetInfo(asset)) ?? { symbol: null, decimals: null });
  }
  return infos;
}
