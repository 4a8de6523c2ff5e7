import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { HeadwaterError } from "../../core/errors.ts";

const ADDRESS = "^0x[0-9a-fA-F]{40}$";

/** `chains[].options` of this plugin. What is left out is as the plugin's table of networks says for the chain. */
export const optionsSchema = Type.Object(
  {
    trace: Type.Union([Type.Literal("auto"), Type.Literal("call"), Type.Literal("off")], {
      description:
        "Internal transfers from the nodes' debug_traceBlock methods. `auto`: where a node offers them and they make the " +
        "native coin complete, decided once per store; `call`: always, a node must offer them; `off`: never, native " +
        "balances are then read from nodes.",
      default: "auto",
    }),
    multicall: Type.Optional(
      Type.String({
        description: "Address of Multicall3 on this chain, or `none` to read balances by batches only.",
        pattern: `${ADDRESS}|^none$`,
        expected: "an address, or none",
      }),
    ),
    finalityDepth: Type.Optional(
      Type.Object(
        {
          safe: Type.Integer({ description: "Blocks on a block, itself included, that make it safe.", minimum: 1 }),
          finalized: Type.Integer({
            description: "Blocks on a block, itself included, that make it final.",
            minimum: 1,
          }),
        },
        {
          additionalProperties: false,
          description: "Finality by depth, for chains whose nodes do not know the tags `safe` and `finalized`.",
        },
      ),
    ),
    expectedIntervalMs: Type.Optional(
      Type.Integer({ description: "Usual time between two blocks.", minimum: 1, unit: "milliseconds" }),
    ),
    name: Type.Optional(Type.String({ description: "The chain's name in answers.", minLength: 1, maxLength: 64 })),
    nativeSymbol: Type.Optional(
      Type.String({ description: "Symbol of the native coin.", minLength: 1, maxLength: 16 }),
    ),
    nativeDecimals: Type.Optional(
      Type.Integer({ description: "Decimals of the native coin.", minimum: 0, maximum: 77 }),
    ),
    slip44: Type.Optional(
      Type.Integer({
        description: "Number of the native coin in SLIP-44, which names its asset: slip44:<number>.",
        minimum: 0,
        maximum: 0x7fff_ffff,
      }),
    ),
    headerRules: Type.Optional(
      Type.Union([Type.Literal("ethereum"), Type.Literal("other"), Type.Literal("detect")], {
        description:
          "How blocks are hashed: as Ethereum's, by rules of the chain's own (hashes are then not recomputed), or to be " +
          "found out from the header's fields.",
      }),
    ),
    feeRules: Type.Optional(
      Type.Union(
        [
          Type.Literal("ethereum"),
          Type.Literal("op-stack"),
          Type.Literal("arbitrum"),
          Type.Literal("polygon"),
          Type.Literal("none"),
        ],
        {
          description:
            "Who gets the fees. Only `ethereum` and `op-stack` are known well enough for complete native balances; " +
            "`none` credits nobody.",
        },
      ),
    ),
    wrappedNative: Type.Optional(
      Type.Array(Type.String({ pattern: ADDRESS, expected: "an address" }), {
        description: "Wrapped native coins of the WETH9 kind, which log Deposit and Withdrawal instead of Transfer.",
        maxItems: 16,
      }),
    ),
  },
  { additionalProperties: false, default: {}, description: "Options of the evm plugin." },
);

export type EvmOptions = Static<typeof optionsSchema>;

/** The options with their defaults. @throws HeadwaterError `config-invalid` */
export function readOptions({ id, options }: ChainConfig): EvmOptions {
  const completed = Value.Default(optionsSchema, Value.Clone(options));
  if (Value.Check(optionsSchema, completed)) return completed;
  const [first] = Value.Errors(optionsSchema, completed);
  const where = first ? `${first.instancePath || "/"} ${first.message}` : "they are not of the plugin's schema";
  throw new HeadwaterError("config-invalid", `chain ${id}, options: ${where}`, { details: { chain: id } });
}
