import { HDNodeWallet, Mnemonic } from "ethers";

/** The words every development node knows. Publicly known: nothing of value may ever be sent to these accounts. */
export const MNEMONIC = "test test test test test test test test test test test junk";

/** The first `count` accounts that anvil funds, with their keys, in anvil's order. */
export function devAccounts(count: number): HDNodeWallet[] {
  const root = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), "m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, index) => root.deriveChild(index));
}
