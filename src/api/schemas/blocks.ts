import { type Static, Type } from "typebox";
import { FINALITIES } from "../../core/model.ts";
import { CLOSED, Height, nullable, oneOf, ref, Time } from "./shape.ts";

export const AgreementSchema = Type.Object(
  {
    operators: Type.Integer({ minimum: 0, description: "Independent operators that stand behind the block" }),
    required: Type.Integer({ minimum: 0, description: "How many the configuration asks for" }),
    regions: Type.Array(Type.String(), { description: "Where their nodes are" }),
  },
  { ...CLOSED, $id: "Agreement" },
);

export const FinalitySchema = oneOf(FINALITIES, "How final the block is in the chain's own terms");

const place = {
  height: Height,
  hash: Type.String(),
  parentHash: Type.String(),
  parentHeight: Type.Integer({
    minimum: -1,
    description: "Less than height - 1 where the chain skips heights; -1 for a genesis block",
  }),
  time: Time,
};

export const BlockRefSchema = Type.Object(place, { ...CLOSED, $id: "BlockRef" });
export type BlockRefAnswer = Static<typeof BlockRefSchema>;

export const TipSchema = Type.Object({ ...place, agreement: ref(AgreementSchema) }, { ...CLOSED, $id: "Tip" });

export const BlockSchema = Type.Object(
  {
    chain: Type.String(),
    ...place,
    transactions: Type.Integer({
      minimum: 0,
      description:
        "Entries of the block in the ledger: its transactions, and one more where it pays rewards or withdrawals",
    }),
    finality: FinalitySchema,
    agreement: ref(AgreementSchema),
    digest: Type.String({ description: "Running hash over the indexed ledger up to this block, 64 hex digits" }),
  },
  { ...CLOSED, $id: "Block" },
);
export type BlockAnswer = Static<typeof BlockSchema>;

export const AsOfSchema = Type.Object(
  {
    chain: Type.String({ description: "CAIP-2" }),
    height: Height,
    hash: Type.String(),
    time: Time,
    finality: FinalitySchema,
    agreement: ref(AgreementSchema),
    ageSeconds: Type.Integer({ minimum: 0, description: "Now minus the block's time" }),
  },
  { ...CLOSED, $id: "AsOf", description: "The block that an answer stands on" },
);
export type AsOf = Static<typeof AsOfSchema>;

export const NullableBlockRef = nullable(ref(BlockRefSchema));
