import { type Static, Type } from "typebox";
import { BlockRefSchema, NullableBlockRef } from "./blocks.ts";
import { Amount, CLOSED, Height, oneOf, ref, Time } from "./shape.ts";

const VoiceSchema = Type.Object({ node: Type.String(), operator: Type.String(), region: Type.String() }, CLOSED);

const dispute = {
  at: Type.Unsafe<string>({ ...Time, description: "When it was found" }),
  said: Type.Array(VoiceSchema, { description: "Who said it" }),
  against: Type.Array(VoiceSchema, { description: "Who stood against it at that moment" }),
};

const header = {
  kind: oneOf(["equivocation", "minority-branch", "finality-violation", "final-conflict"]),
  ...dispute,
  theirs: ref(BlockRefSchema),
  ours: NullableBlockRef,
};

const sequence = Type.Integer({ minimum: 1, description: "Counts the evidence of this chain" });

/** What stands in a conflict. */
export const DisputedHeaderSchema = Type.Object(header, {
  ...CLOSED,
  $id: "DisputedHeader",
  description: "Two headers that cannot both be of the chain",
});
export type DisputedHeaderAnswer = Static<typeof DisputedHeaderSchema>;

export const HeaderEvidenceSchema = Type.Object(
  { sequence, ...header },
  { ...CLOSED, $id: "HeaderEvidence", description: "Two headers that cannot both be of the chain" },
);

export const BalanceEvidenceSchema = Type.Object(
  {
    sequence,
    kind: oneOf(["balance-dissent"]),
    ...dispute,
    block: ref(BlockRefSchema),
    account: Type.String({ description: "CAIP-10" }),
    asset: Type.String({ description: "CAIP-19" }),
    theirs: Amount,
    ours: Amount,
  },
  { ...CLOSED, $id: "BalanceEvidence", description: "Operators told different balances after the same block" },
);

const ContentHash = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 over what the block comes to" });

export const ContentEvidenceSchema = Type.Object(
  {
    sequence,
    kind: oneOf(["content-conflict"]),
    ...dispute,
    block: ref(BlockRefSchema),
    theirs: ContentHash,
    ours: ContentHash,
  },
  { ...CLOSED, $id: "ContentEvidence", description: "Operators gave different content under one block hash" },
);

export const IntegrityEvidenceSchema = Type.Object(
  { sequence, kind: oneOf(["integrity-violation"]), ...dispute, height: Height, message: Type.String() },
  { ...CLOSED, $id: "IntegrityEvidence", description: "A node's bytes contradict themselves, or what was asked" },
);

export type EvidenceAnswer =
  | Static<typeof HeaderEvidenceSchema>
  | Static<typeof BalanceEvidenceSchema>
  | Static<typeof ContentEvidenceSchema>
  | Static<typeof IntegrityEvidenceSchema>;

export const EvidencePageSchema = Type.Object(
  {
    chain: Type.String({ description: "CAIP-2" }),
    evidence: Type.Array(
      Type.Unsafe<EvidenceAnswer>({
        anyOf: ["HeaderEvidence", "BalanceEvidence", "ContentEvidence", "IntegrityEvidence"].map((name) => ({
          $ref: `${name}#`,
        })),
      }),
      { description: "Newest first" },
    ),
    next: Type.Unsafe<string | null>({
      anyOf: [Type.String({ description: "The cursor of the next page" }), { type: "null" }],
    }),
  },
  { ...CLOSED, $id: "EvidencePage" },
);
export type EvidencePage = Static<typeof EvidencePageSchema>;
