import type { ChainPlugin } from "../../core/contracts/plugin.ts";
import { openChain } from "./chain.ts";
import { optionsSchema } from "./options.ts";

/** Solana's clusters, over the JSON-RPC of Agave and what speaks like it. */
const plugin: ChainPlugin = {
  manifest: {
    family: "solana",
    contract: "^1.3.0",
    capabilities: { historicalBalances: false, tokens: true, utxos: false },
    optionsSchema,
  },
  open: openChain,
};

export default plugin;
