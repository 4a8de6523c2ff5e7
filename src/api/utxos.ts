import { type ChainService, finalityAt } from "../core/contracts/service.ts";
import type { OutputPage } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { Asset, AssetInfo, Output } from "../core/model.ts";
import { formatAsset, type KnownAccount } from "./account-directory.ts";
import { encodeUtxosCursor, type UtxosPlace } from "./cursor.ts";
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
 * Whether the outputs after this place are what they were when the page before was told. A reorg that took its block away
 * may have put outputs before it that nobody was shown.
 * @throws HeadwaterError `block-not-yet` on an index that has not come so far, `block-unknown`
 */
export async function assertSameBranch({ service, view, position }: OpenView, place: UtxosPlace): Promise<void> {
  assertIndexed(service, position, place.height);
  const block = await view.block(place.height);
  if (block?.ref.hash === place.hash) return;
  throw new HeadwaterError(
    "block-unknown",
    `the cursor stands on a block ${place.height} of ${service.id} that was orphaned: start again without it`,
    { details: { chain: service.id, block: place.hash, field: "cursor" } },
  );
}

/** The cursor after a page, or null at the end. */
export async function encodeNext(
  { service, view }: OpenView,
  { id }: KnownAccount,
  { next }: OutputPage,
): Promise<string | null> {
  if (next === undefined) return null;
  const block = await view.block(next.height);
  if (!block) throw new HeadwaterError("store-corrupt", `${service.id} has an output but no block at ${next.height}`);
  return encodeUtxosCursor(id, { ...next, hash: block.ref.hash });
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
