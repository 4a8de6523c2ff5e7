import type { ChainPlugin } from "../../core/contracts/plugin.ts";
import { openChain } from "./chain.ts";
import { optionsSchema } from "./options.ts";

/** Bitcoin and the chains that share its blocks, its scripts and its nodes' JSON-RPC. */
const plugin: ChainPlugin = {
  manifest: {
    family: "bitcoin",
    contract: "^1.2.0",
    capabilities: { historicalBalances: false, tokens: false, utxos: true, pending: true },
    optionsSchema,
  },
  open: openChain,
};

export default plugin;
