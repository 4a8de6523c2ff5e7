import { type Static, Type } from "typebox";
import { LIMITS } from "../../core/limits.ts";
import { AsOfSchema } from "./blocks.ts";
import { ProblemSchema } from "./problem.ts";
import { Amount, CLOSED, Height, indexedFrom, nullable, oneOf, ref, Time } from "./shape.ts";

const PartSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10 of the place" }),
    amount: Amount,
    associated: Type.Boolean({
      description: "It is the one that follows from account and asset, to which others send",
    }),
  },
  CLOSED,
);

export const BalanceSchema = Type.Object(
  {
    asset: Type.String({ description: "CAIP-19" }),
    symbol: nullable(Type.String({ description: "Null where the asset does not say" })),
    decimals: nullable(Type.Integer({ minimum: 0, description: "Null where the asset does not say" })),
    amount: Amount,
    source: oneOf(["ledger", "node", "proof"], "Where the amount comes from"),
    parts: Type.Optional(
      Type.Array(PartSchema, {
        description:
          "Where parts=true asks for them, and not of the native asset: the places in which the amount lies, which add up to it",
      }),
    ),
    pending: Type.Optional(
      nullable(
        Type.String({
          pattern: "^-?[0-9]+$",
          description:
            "What the account's pending transactions come to, no part of the amount; null while not all of them are known. Told of the native asset alone, where the chain tells pending transactions and the answer stands on the newest indexed block",
        }),
      ),
    ),
  },
  { ...CLOSED, $id: "Balance" },
);
export type BalanceAnswer = Static<typeof BalanceSchema>;

const AssetErrorSchema = Type.Object(
  { asset: Type.String({ description: "CAIP-19" }), error: ref(ProblemSchema) },
  CLOSED,
);

export const BalancesSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    asOf: ref(AsOfSchema),
    balances: Type.Array(ref(BalanceSchema)),
    indexedFrom,
    errors: Type.Optional(
      Type.Array(AssetErrorSchema, {
        description: "Assets whose balance could not be told. Absent when there are none",
      }),
    ),
    token: Type.String({ description: "For notOlderThan of later reads" }),
    next: nullable(Type.String({ description: "The cursor of the next page" })),
  },
  { ...CLOSED, $id: "Balances" },
);
export type BalancesAnswer = Static<typeof BalancesSchema>;

export const AccountErrorSchema = Type.Object(
  { account: Type.String({ description: "As it was asked for" }), error: ref(ProblemSchema) },
  { ...CLOSED, $id: "AccountError" },
);
export type AccountErrorAnswer = Static<typeof AccountErrorSchema>;

export const BatchSchema = Type.Object(
  {
    results: Type.Array(
      Type.Unsafe<BalancesAnswer | AccountErrorAnswer>({ anyOf: [{ $ref: "Balances#" }, { $ref: "AccountError#" }] }),
      { description: "One a requested account, in the order asked" },
    ),
    token: nullable(Type.String({ description: "Of every chain that answered; null when none did" })),
  },
  { ...CLOSED, $id: "BalancesBatch" },
);
export type BatchAnswer = Static<typeof BatchSchema>;

export const BatchRequestSchema = Type.Object(
  {
    accounts: Type.Array(Type.String({ maxLength: LIMITS.apiIdCharacters }), {
      minItems: 1,
      maxItems: LIMITS.apiBatchAccounts,
      description: "CAIP-10; duplicates are answered twice",
    }),
    assets: Type.Optional(
      Type.Array(Type.String({ maxLength: LIMITS.apiIdCharacters }), {
        minItems: 1,
        maxItems: LIMITS.apiBatchAssets,
        description: "CAIP-19; each account is asked for those of its own chain",
      }),
    ),
  },
  CLOSED,
);
export type BatchRequest = Static<typeof BatchRequestSchema>;

export const PointSchema = Type.Object(
  { height: Height, hash: Type.String(), time: Time, amount: Amount },
  { ...CLOSED, $id: "BalancePoint", description: "The balance after a block that changed it" },
);
export type PointAnswer = Static<typeof PointSchema>;

export const HistorySchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    asset: Type.String({ description: "CAIP-19" }),
    asOf: ref(AsOfSchema),
    points: Type.Array(ref(PointSchema), { description: "Newest first" }),
    indexedFrom,
    token: Type.String(),
    next: nullable(Type.String({ description: "The cursor of the next page" })),
  },
  { ...CLOSED, $id: "BalanceHistory" },
);
export type HistoryAnswer = Static<typeof HistorySchema>;
