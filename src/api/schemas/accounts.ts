import { type Static, Type } from "typebox";
import { LIMITS } from "../../core/limits.ts";
import type { AccountErrorAnswer } from "./balances.ts";
import { CLOSED, Height, nullable, oneOf, Time } from "./shape.ts";

export const AccountSchema = Type.Object(
  {
    account: Type.String({ description: "CAIP-10" }),
    scope: oneOf(["all", "watched"], "Whether the chain's index keeps all accounts or those that are registered"),
    indexedFrom: {
      ...Height,
      description:
        "The first block from which on the index has all of the account: later than indexed is not come there yet",
    } as typeof Height,
    watchedAt: nullable({
      ...Time,
      description: "When it was registered; null where the chain keeps all accounts",
    } as typeof Time),
  },
  { ...CLOSED, $id: "Account", description: "From which block on an account is kept" },
);
export type AccountAnswer = Static<typeof AccountSchema>;

export const WatchRequestSchema = Type.Object(
  {
    accounts: Type.Array(Type.String({ maxLength: LIMITS.apiIdCharacters }), {
      minItems: 1,
      maxItems: LIMITS.apiBatchAccounts,
      description: "CAIP-10; duplicates are answered twice",
    }),
  },
  CLOSED,
);
export type WatchRequest = Static<typeof WatchRequestSchema>;

export const WatchBatchSchema = Type.Object(
  {
    results: Type.Array(
      Type.Unsafe<AccountAnswer | AccountErrorAnswer>({
        anyOf: [{ $ref: "Account#" }, { $ref: "AccountError#" }],
      }),
      { description: "One a requested account, in the order asked" },
    ),
    registered: Type.Integer({ minimum: 0, description: "How many were not watched before" }),
  },
  { ...CLOSED, $id: "AccountsBatch" },
);
export type WatchBatchAnswer = Static<typeof WatchBatchSchema>;
