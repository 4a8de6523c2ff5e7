import { type Static, Type } from "typebox";
import { MOVEMENT_KINDS } from "../../core/model.ts";
import { AsOfSchema, FinalitySchema } from "./blocks.ts";
import { OutputSchema } from "./outputs.ts";
import { Amount, CLOSED, Height, indexedFrom, nullable, oneOf, ref, Time } from "./shape.ts";

export const MovementSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    asset: Type.String({ description: "CAIP-19" }),
    delta: Amount,
    kind: oneOf(MOVEMENT_KINDS),
  },
  { ...CLOSED, $id: "Movement", description: "A signed change of one account's balance in one asset" },
);
export type MovementAnswer = Static<typeof MovementSchema>;

export const FeeSchema = Type.Object(
  { payer: Type.String({ description: "CAIP-10" }), asset: Type.String({ description: "CAIP-19" }), amount: Amount },
  { ...CLOSED, $id: "Fee" },
);
export type FeeAnswer = Static<typeof FeeSchema>;

/** What a transaction takes and makes, beside its movements. */
export const inputsAndOutputs = {
  inputs: Type.Optional(
    Type.Array(ref(OutputSchema), {
      description: "The outputs it spends. Absent on chains whose coins are no outputs",
    }),
  ),
  outputs: Type.Optional(
    Type.Array(ref(OutputSchema), { description: "The outputs it makes. Absent on chains whose coins are no outputs" }),
  ),
};

export const TransactionSchema = Type.Object(
  {
    id: Type.String({ description: "block:<hash> for what a block does outside any transaction" }),
    chain: Type.String({ description: "CAIP-2" }),
    height: Height,
    blockHash: Type.String(),
    index: Type.Integer({ minimum: 0, description: "Place in the block" }),
    time: Time,
    status: oneOf(["success", "failed"]),
    finality: FinalitySchema,
    fee: nullable(ref(FeeSchema)),
    movements: Type.Array(ref(MovementSchema)),
    ...inputsAndOutputs,
  },
  { ...CLOSED, $id: "Transaction" },
);
export type TransactionAnswer = Static<typeof TransactionSchema>;

export const AccountTransactionsSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    asOf: ref(AsOfSchema),
    transactions: Type.Array(ref(TransactionSchema), { description: "Newest first" }),
    indexedFrom,
    token: Type.String(),
    next: nullable(Type.String({ description: "The cursor of the next page" })),
  },
  { ...CLOSED, $id: "AccountTransactions" },
);
export type AccountTransactionsAnswer = Static<typeof AccountTransactionsSchema>;
