import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { chainName, expectedIntervalMs, finalityDepth, readGiven } from "../options/chain-options.ts";
import type { OptionSchema, ValueOf } from "../options/schema.ts";

const ADDRESS = "^0x[0-9a-fA-F]{40}$";

/** `chains[].options` of this plugin. What is left out is as the plugin's table of networks says for the chain. */
export const optionsSchema = {
  type: "object",
  properties: {
    trace: {
      type: "string",
      enum: ["auto", "call", "off"],
      description:
        "Internal transfers from the nodes' debug_traceBlock methods. `auto`: where a node offers them and they make the " +
        "native coin complete, decided once per store; `call`: always, a node must offer them; `off`: never, native " +
        "balances are then read from nodes.",
      default: "auto",
    },
    proofs: {
      type: "string",
      enum: ["auto", "off"],
      description:
        "Balances that are read from nodes as Merkle proofs (eth_getProof), held against the block's own state root. " +
        "`auto`: where a node offers them and they hold; `off`: never, enough operators are then asked instead.",
      default: "auto",
    },
    multicall: {
      type: "string",
      description: "Address of Multicall3 on this chain, or `none` to read balances by batches only.",
      pattern: `${ADDRESS}|^none$`,
      expected: "an address, or none",
    },
    finalityDepth: finalityDepth(
      "Finality by depth, for chains whose nodes do not know the tags `safe` and `finalized`.",
    ),
    expectedIntervalMs,
    name: chainName,
    nativeSymbol: { type: "string", description: "Symbol of the native coin.", minLength: 1, maxLength: 16 },
    nativeDecimals: { type: "integer", description: "Decimals of the native coin.", minimum: 0, maximum: 77 },
    slip44: {
      type: "integer",
      description: "Number of the native coin in SLIP-44, which names its asset: slip44:<number>.",
      minimum: 0,
      maximum: 0x7fff_ffff,
    },
    headerRules: {
      type: "string",
      enum: ["ethereum", "other", "detect"],
      description:
        "How blocks are hashed: as Ethereum's, by rules of the chain's own (hashes are then not recomputed), or to be " +
        "found out from the header's fields.",
    },
    feeRules: {
      type: "string",
      enum: ["ethereum", "op-stack", "arbitrum", "polygon", "none"],
      description:
        "Who gets the fees. Only `ethereum` and `op-stack` are known well enough for complete native balances; " +
        "`none` credits nobody.",
    },
    wrappedNative: {
      type: "array",
      items: { type: "string", pattern: ADDRESS, expected: "an address" },
      description: "Wrapped native coins of the WETH9 kind, which log Deposit and Withdrawal instead of Transfer.",
      maxItems: 16,
    },
  },
  additionalProperties: false,
  default: {},
  description: "Options of the evm plugin.",
} as const satisfies OptionSchema;

type GivenOptions = ValueOf<typeof optionsSchema>;
export type EvmOptions = GivenOptions & { readonly trace: NonNullable<GivenOptions["trace"]> };

/** The options with their defaults. @throws HeadwaterError `config-invalid` */
export function readOptions(chain: ChainConfig): EvmOptions {
  const given = readGiven(optionsSchema, chain);
  return { ...given, trace: given.trace ?? optionsSchema.properties.trace.default };
}
