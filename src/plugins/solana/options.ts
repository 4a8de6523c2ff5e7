import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { chainName, expectedIntervalMs, readGiven } from "../options/chain-options.ts";
import type { OptionSchema, ValueOf } from "../options/schema.ts";

/** `chains[].options` of this plugin. */
export const optionsSchema = {
  type: "object",
  properties: {
    commitment: {
      type: "string",
      enum: ["confirmed", "processed"],
      description:
        "What the newest block is. `confirmed`: two thirds of the stake have voted for it. `processed`: the node has run it, and " +
        "it may be of a fork that is left. Few nodes give such blocks; one must, and the others are asked for confirmed ones.",
      default: "confirmed",
    },
    votes: {
      type: "boolean",
      description:
        "Whether validators' votes are transactions of the ledger: they are most of a block's transactions. Left out, what they " +
        "paid stands in the block's own entry; balances are the same either way.",
      default: false,
    },
    ingestionLagSlots: {
      type: "integer",
      description:
        "How many slots a node may have received and not run yet, beyond which it counts as syncing though it calls itself " +
        "healthy. Without it 100.",
      minimum: 1,
      maximum: 100_000,
      unit: "slots",
    },
    expectedIntervalMs,
    name: chainName,
  },
  additionalProperties: false,
  default: {},
  description: "Options of the solana plugin.",
} as const satisfies OptionSchema;

export type SolanaOptions = ValueOf<typeof optionsSchema>;

/** The options as given. @throws HeadwaterError `config-invalid` */
export function readOptions(chain: ChainConfig): SolanaOptions {
  return readGiven(optionsSchema, chain);
}
