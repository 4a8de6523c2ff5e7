import type { ChainPlugin } from "../../core/contracts/plugin.ts";
import { openChain } from "./chain.ts";
import { optionsSchema } from "./options.ts";

/** Chains that run the Ethereum Virtual Machine and speak Ethereum's JSON-RPC. */
const plugin: ChainPlugin = {
  manifest: {
    family: "evm",
    contract: "^1.0.0",
    capabilities: { historicalBalances: true, tokens: true, utxos: false },
    optionsSchema,
  },
  open: openChain,
};

export default plugin;
