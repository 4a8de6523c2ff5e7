import type { Movement } from "../../../core/model.ts";
import type { TokenBalance } from "../codec/transaction-meta.ts";
import type { SolanaTransaction } from "../read-block.ts";

/** The asset of a token: `token:<mint>` (CAIP-19 of the `solana` namespace). */
function tokenAsset(mint: string): string {
  return `token:${mint}`;
}

/**
 * What a transaction did to token balances, by owner and mint: all token accounts of one owner are one balance. An account that
 * changes hands takes its tokens from the old owner and gives them to the new one; one that is opened had nothing, one that is
 * closed has nothing left. Mints and burns show as what is left over: they are movements of kind `transfer` here, since
 * balances do not tell who made them. Where a node did not record the owner, the token account stands for it.
 */
export function readTokenMovements({ keys, meta }: SolanaTransaction): Movement[] {
  if (meta.tokensBefore.length === 0 && meta.tokensAfter.length === 0) return [];
  const owners = rememberOwners([...meta.tokensBefore, ...meta.tokensAfter]);
  const deltas = new Map<string, { account: string; asset: string; delta: bigint }>();
  const add = ({ place, mint, owner, amount }: TokenBalance, sign: 1n | -1n) => {
    const account = owner ?? owners.get(place) ?? (keys[place] as string);
    const key = `${account} ${mint}`;
    const known = deltas.get(key);
    if (known) known.delta += sign * amount;
    else deltas.set(key, { account, asset: tokenAsset(mint), delta: sign * amount });
  };
  for (const balance of meta.tokensBefore) add(balance, -1n);
  for (const balance of meta.tokensAfter) add(balance, 1n);
  const movements: Movement[] = [];
  for (const { account, asset, delta } of deltas.values()) {
    if (delta !== 0n) movements.push({ account, asset, delta, kind: "transfer" });
  }
  return movements;
}

/** An owner that is told on one side only holds for the other, too. */
function rememberOwners(balances: readonly TokenBalance[]): Map<number, string> {
  const owners = new Map<number, string>();
  for (const { place, owner } of balances) if (owner !== undefined) owners.set(place, owner);
  return owners;
}
