import type { Movement } from "../../../core/model.ts";
import type { TokenBalance } from "../codec/token-balance.ts";
import type { SolanaTransaction } from "../solana-transaction.ts";

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
export function readTokenMovements(transaction: SolanaTransaction): Movement[] {
  const { tokensBefore, tokensAfter } = transaction.meta;
  if (tokensBefore.length === 0 && tokensAfter.length === 0) return [];
  const sums = new TokenSums(transaction);
  // Nodes list them by their places: what stands on both sides alike, as about half of it does, is passed over.
  let [i, j] = [0, 0];
  while (i < tokensBefore.length || j < tokensAfter.length) {
    const [before, after] = [tokensBefore[i], tokensAfter[j]];
    if (before && after && before.place === after.place) {
      if (!isAlike(before, after)) sums.add(before, -1n).add(after, 1n);
      i++;
      j++;
    } else if (before && (!after || before.place < after.place)) {
      sums.add(before, -1n);
      i++;
    } else {
      sums.add(after as TokenBalance, 1n);
      j++;
    }
  }
  return sums.movements();
}

function isAlike(before: TokenBalance, after: TokenBalance): boolean {
  return before.digits === after.digits && before.mint === after.mint && before.owner === after.owner;
}

/** Changes by owner and mint, in the order of the first of each. */
class TokenSums {
  readonly #transaction: SolanaTransaction;
  readonly #sums = new Map<string, { readonly account: string; readonly mint: string; delta: bigint }>();
  #owners: ReadonlyMap<number, string> | undefined;

  constructor(transaction: SolanaTransaction) {
    this.#transaction = transaction;
  }

  add({ place, mint, owner, digits }: TokenBalance, sign: 1n | -1n): this {
    const account = owner ?? this.#ownerAt(place) ?? this.#transaction.keyAt(place);
    const key = `${account} ${mint}`;
    const known = this.#sums.get(key);
    const delta = sign * BigInt(digits);
    if (known) known.delta += delta;
    else this.#sums.set(key, { account, mint, delta });
    return this;
  }

  movements(): Movement[] {
    const movements: Movement[] = [];
    for (const { account, mint, delta } of this.#sums.values()) {
      if (delta !== 0n) movements.push({ account, asset: tokenAsset(mint), delta, kind: "transfer" });
    }
    return movements;
  }

  /** An owner that is told on one side only holds for the other, too. */
  #ownerAt(place: number): string | undefined {
    this.#owners ??= rememberOwners(this.#transaction);
    return this.#owners.get(place);
  }
}

function rememberOwners({ meta }: SolanaTransaction): Map<number, string> {
  const owners = new Map<number, string>();
  for (const { place, owner } of [...meta.tokensBefore, ...meta.tokensAfter]) {
    if (owner !== undefined) owners.set(place, owner);
  }
  return owners;
}
