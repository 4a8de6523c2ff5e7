import type { BalanceQuery, CallOptions } from "../../../core/contracts/plugin.ts";
import type { RecentHoldings } from "../../../core/contracts/wallet.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import type { RpcOutcome } from "../../json-rpc/messages.ts";
import { mintOf } from "../assets.ts";
import { web3 } from "../web3.ts";
import type { StateAsked } from "./context.ts";
import { readOwnedTokens, type TokenAccount, tokensByOwner } from "./token-accounts.ts";

const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";

/**
 * The token accounts in which an owner's tokens of a mint lie, by address, each query at the slot of its own answer.
 * Method: getTokenAccountsByOwner, one batch.
 * @throws HeadwaterError `unsupported` for lamports, which lie in one account, and as `readRecentBalances` does
 */
export async function listHoldings(
  asked: StateAsked,
  queries: readonly BalanceQuery[],
  options?: CallOptions,
): Promise<readonly RecentHoldings[]> {
  const wanted = queries.map(({ account, asset }) => {
    const mint = mintOf(asset);
    if (mint === undefined) throw new HeadwaterError("unsupported", `${asset} lies in the account itself`);
    return { owner: account, filter: { mint } };
  });
  const outcomes = await asked.client.batch(
    wanted.map(({ owner, filter }) => tokensByOwner(owner, filter, asked)),
    options,
  );
  return wanted.map(({ owner, filter }, i) => {
    const { slot, accounts } = readOwnedTokens(owner, filter, asked, outcomes[i] as RpcOutcome, asked.notBefore);
    const holdings = accounts?.map((account) => ({
      address: account.address,
      amount: account.amount,
      associated: account.address === associatedAddress(owner, account),
    }));
    return { height: slot, holdings: holdings?.sort((a, b) => (a.address < b.address ? -1 : 1)) ?? null };
  });
}

/** The address of the account that the associated token program makes for an owner and a mint. */
function associatedAddress(owner: string, { mint, program }: TokenAccount): string {
  const { PublicKey } = web3();
  const seeds = [owner, program, mint].map((key) => new PublicKey(key).toBuffer());
  return PublicKey.findProgramAddressSync(seeds, new PublicKey(ASSOCIATED_TOKEN_PROGRAM))[0].toBase58();
}
