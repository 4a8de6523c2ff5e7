import type { BlockChanges } from "../../core/ledger/changes.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { Account, Asset } from "../../core/model.ts";
import type { ChainContext } from "./chain-state.ts";
import { readSince, type Since } from "./watched.ts";

/**
 * Blocks as a chain of scope `watched` keeps them: changes and observations of accounts that are watched and of which the
 * block is above their height, to the letter. What comes in may hold more: accounts registered while the block was decoded,
 * or taken out since. Blocks are kept whole where they came whole.
 * @throws HeadwaterError `store-corrupt`
 */
export async function keepWatched(
  { number, reader }: ChainContext,
  blocks: readonly SealedBlock[],
): Promise<readonly SealedBlock[]> {
  const accounts = new Set<Account>();
  for (const { changes, observations } of blocks) {
    for (const account of changes.accounts) accounts.add(account);
    for (const { account } of observations) accounts.add(account);
  }
  const since = await readSince(reader, number, accounts);
  return blocks.map((block) => keep(block, since));
}

function keep(block: SealedBlock, since: Since): SealedBlock {
  const { height } = block.ref;
  const { outputs: _, changes, observations, ...rest } = block;
  const { movements } = changes;
  return {
    ...rest,
    whole: block.whole ?? { transactions: block.encoded.length, movements },
    changes: keepChanges(changes, (account) => since.covers(account, height)),
    observations: observations.filter(({ account }) => since.covers(account, height)),
  };
}

function keepChanges(changes: BlockChanges, keeps: (account: Account) => boolean): BlockChanges {
  const kept = changes.accounts.map(keeps);
  if (!kept.includes(false)) return changes;
  const accounts = changes.accounts.filter((_, i) => kept[i]);
  const accountPlaces = new Map(accounts.map((account, i) => [account, i]));
  const assets = new Map<Asset, number>();
  const places: number[] = [];
  const deltas: bigint[] = [];
  for (const [i, delta] of changes.deltas.entries()) {
    const account = accountPlaces.get(changes.accounts[changes.places[2 * i] as number] as Account);
    if (account === undefined) continue;
    const asset = changes.assets[changes.places[2 * i + 1] as number] as Asset;
    if (!assets.has(asset)) assets.set(asset, assets.size);
    places.push(account, assets.get(asset) as number);
    deltas.push(delta);
  }
  const touches: number[] = [];
  const touchEnds: number[] = [];
  for (const [i, isKept] of kept.entries()) {
    if (!isKept) continue;
    touches.push(...changes.touches.subarray(changes.touchEnds[i - 1] ?? 0, changes.touchEnds[i]));
    touchEnds.push(touches.length);
  }
  return {
    movements: changes.movements,
    accounts,
    assets: [...assets.keys()],
    places: Uint32Array.from(places),
    deltas,
    touches: Uint32Array.from(touches),
    touchEnds: Uint32Array.from(touchEnds),
  };
}
