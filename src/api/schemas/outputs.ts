import { type Static, Type } from "typebox";
import { AsOfSchema, FinalitySchema } from "./blocks.ts";
import { Amount, CLOSED, Height, nullable, ref } from "./shape.ts";

/** An output as a transaction's inputs and outputs tell it. */
export const OutputSchema = Type.Object(
  {
    output: Type.String({ description: "The id of the transaction that made it and its position there, with a colon" }),
    account: Type.String({ description: "CAIP-10" }),
    asset: Type.String({ description: "CAIP-19" }),
    amount: Amount,
  },
  { ...CLOSED, $id: "Output" },
);
export type OutputAnswer = Static<typeof OutputSchema>;

export const UtxoSchema = Type.Object(
  {
    output: Type.String({ description: "`<transaction>:<position>`" }),
    transaction: Type.String({ description: "The id of the transaction that made it" }),
    position: Type.Integer({ minimum: 0, description: "Its place among what that transaction made" }),
    asset: Type.String({ description: "CAIP-19" }),
    symbol: nullable(Type.String({ description: "Null where the asset does not say" })),
    decimals: nullable(Type.Integer({ minimum: 0, description: "Null where the asset does not say" })),
    amount: Amount,
    height: Height,
    confirmations: Type.Integer({
      minimum: 1,
      description: "Blocks from the one that made it to the one of asOf, both counted",
    }),
    finality: FinalitySchema,
    coinbase: Type.Boolean({ description: "It came with the block's reward" }),
    spendable: Type.Boolean({ description: "Whether the chain's rules let the next block after asOf spend it" }),
    spentBy: Type.Optional(
      nullable(
        Type.String({
          description:
            "The pending transaction that spends it; null: none does. Absent where that is not known: no pending transactions are told here, or not all",
        }),
      ),
    ),
  },
  { ...CLOSED, $id: "Utxo", description: "An unspent output" },
);
export type UtxoAnswer = Static<typeof UtxoSchema>;

export const UtxosSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    asOf: ref(AsOfSchema),
    utxos: Type.Array(ref(UtxoSchema), { description: "Oldest first" }),
    token: Type.String({ description: "For notOlderThan of later reads" }),
    next: nullable(Type.String({ description: "The cursor of the next page" })),
  },
  { ...CLOSED, $id: "Utxos" },
);
export type UtxosAnswer = Static<typeof UtxosSchema>;
