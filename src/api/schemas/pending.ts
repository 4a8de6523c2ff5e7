import { type Static, Type } from "typebox";
import { Amount, CLOSED, nullable, oneOf, ref, Time } from "./shape.ts";
import { FeeSchema, inputsAndOutputs, MovementSchema } from "./transactions.ts";

const Size = Type.Integer({ minimum: 0, description: "What counts when fees are compared, in the chain's own unit" });
const FeeRate = Type.Number({ description: "Fee per unit of size, to three decimals" });

export const PendingTransactionSchema = Type.Object(
  {
    id: Type.String(),
    chain: Type.String({ description: "CAIP-2" }),
    status: oneOf(["pending"], "It is in no block of the index"),
    firstSeen: Time,
    operators: Type.Integer({ minimum: 0, description: "How many independent operators have it at this moment" }),
    fee: nullable(ref(FeeSchema)),
    size: Size,
    feeRate: nullable(FeeRate),
    replaceable: Type.Boolean({ description: "It says itself that another may take its place" }),
    replaces: Type.Array(Type.String(), { description: "The transactions whose place it took, newest first" }),
    ancestors: Type.Object(
      { count: Type.Integer({ minimum: 1 }), size: Size, fee: Amount, feeRate: nullable(FeeRate) },
      { ...CLOSED, description: "The pending transactions that it stands on, itself included, all together" },
    ),
    movements: Type.Array(ref(MovementSchema)),
    ...inputsAndOutputs,
  },
  { ...CLOSED, $id: "PendingTransaction" },
);
export type PendingTransactionAnswer = Static<typeof PendingTransactionSchema>;

export const RetractedSchema = Type.Object(
  {
    id: Type.String(),
    at: Time,
    end: oneOf(
      ["confirmed", "replaced", "evicted"],
      "It is in a block; another took what it spends; nodes dropped it, or what it stood on",
    ),
    by: nullable(Type.String({ description: "The transaction that took its place" })),
    movements: Type.Array(ref(MovementSchema), { description: "What was told of it" }),
  },
  { ...CLOSED, $id: "RetractedTransaction", description: "A transaction that is no longer pending" },
);
export type RetractedAnswer = Static<typeof RetractedSchema>;

export const PendingSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    heardAt: Type.Unsafe<string>({ ...Time, description: "When the nodes were last heard on pending transactions" }),
    incomplete: nullable(Type.String({ description: "Why the list may lack transactions; null where it lacks none" })),
    transactions: Type.Array(ref(PendingTransactionSchema), { description: "Newest first" }),
    retracted: Type.Array(ref(RetractedSchema), { description: "Those that ended lately, newest first" }),
    next: nullable(Type.String({ description: "The cursor of the next page" })),
  },
  { ...CLOSED, $id: "Pending" },
);
export type PendingAnswer = Static<typeof PendingSchema>;
