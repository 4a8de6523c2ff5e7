import type { Output, OutputId } from "../../core/model.ts";

/**
 * Outputs on their way between threads, field by field: as objects each would carry the names of its fields, which takes
 * several times as long to write and to read.
 */
export type PackedOutputs = {
  readonly ids: readonly OutputId[];
  readonly accounts: readonly string[];
  /** One text where all are in the same asset. */
  readonly assets: string | readonly string[];
  readonly amounts: readonly bigint[];
  readonly heights: Float64Array<ArrayBuffer>;
  readonly coinbase: Uint8Array<ArrayBuffer>;
};

/** @param withIds false where who unpacks them knows the ids */
export function packOutputs(outputs: readonly Output[], withIds = true): PackedOutputs {
  const count = outputs.length;
  const ids: OutputId[] = [];
  const accounts: string[] = new Array(count);
  const amounts: bigint[] = new Array(count);
  const heights = new Float64Array(count);
  const coinbase = new Uint8Array(count);
  const asset = outputs[0]?.asset ?? "";
  let sameAsset = true;
  for (let i = 0; i < count; i++) {
    const output = outputs[i] as Output;
    if (withIds) ids.push(output.id);
    accounts[i] = output.account;
    amounts[i] = output.amount;
    heights[i] = output.height;
    coinbase[i] = output.coinbase ? 1 : 0;
    sameAsset &&= output.asset === asset;
  }
  return {
    ids,
    accounts,
    assets: sameAsset ? asset : outputs.map((output) => output.asset),
    amounts,
    heights,
    coinbase,
  };
}

/** @param ids in the order of the outputs, where they were packed without */
export function unpackOutputs(packed: PackedOutputs, ids: readonly OutputId[] = packed.ids): Output[] {
  const { accounts, assets, amounts, heights, coinbase } = packed;
  return accounts.map((account, i) => ({
    id: ids[i] as OutputId,
    account,
    asset: typeof assets === "string" ? assets : (assets[i] as string),
    amount: amounts[i] as bigint,
    height: heights[i] as number,
    coinbase: coinbase[i] === 1,
  }));
}
