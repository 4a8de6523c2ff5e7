import { type Static, Type } from "typebox";
import { LIMITS } from "../../core/limits.ts";
import { FINALITIES } from "../../core/model.ts";
import { CLOSED, oneOf } from "./shape.ts";

const idText = (description: string) => Type.String({ minLength: 1, maxLength: LIMITS.apiIdCharacters, description });

export const ChainParams = Type.Object({ chain: idText("A CAIP-2 id or an alias") }, CLOSED);
export type ChainParams = Static<typeof ChainParams>;

export const BlockParams = Type.Object(
  {
    chain: idText("A CAIP-2 id or an alias"),
    block: idText("A height, a hash, latest, safe or finalized. A height that the chain skips: 404 block-skipped"),
  },
  CLOSED,
);
export type BlockParams = Static<typeof BlockParams>;

export const TransactionParams = Type.Object(
  { chain: idText("A CAIP-2 id or an alias"), id: idText("A transaction's id in this chain") },
  CLOSED,
);
export type TransactionParams = Static<typeof TransactionParams>;

export const AccountParams = Type.Object({ account: idText("CAIP-10") }, CLOSED);
export type AccountParams = Static<typeof AccountParams>;

/** What a read of something already named (a block, a transaction) may ask for. */
const freshness = {
  notOlderThan: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: LIMITS.apiTokenCharacters,
      description: "The token of an earlier answer: answer at least that new, or 503 behind-token",
    }),
  ),
  allowStale: Type.Optional(Type.Boolean({ description: "Answer although the index is behind its lag budget" })),
  minOperators: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000,
      description: "Answer only when so many operators stand behind the block",
    }),
  ),
};

/** What a read of an account's state may ask for besides: which block to stand on. */
const pin = {
  ...freshness,
  at: Type.Optional(
    idText("Stand on this block: a height or a hash. At a height that the chain skips: on the nearest block below"),
  ),
  finality: Type.Optional(oneOf(FINALITIES, "Stand on the newest block of at least this finality")),
};

const page = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.apiPageRows,
      description: `Rows, ${LIMITS.apiPageRowsDefault} if absent`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: LIMITS.apiCursorCharacters, description: "`next` of the page before" }),
  ),
};

/** Routes that take no query refuse one. */
export const NoQuery = Type.Object({}, CLOSED);

export const EvidenceQuery = Type.Object(page, CLOSED);
export type EvidenceQuery = Static<typeof EvidenceQuery>;

export const NodesQuery = Type.Object(
  { chain: Type.Optional(idText("Only nodes of this chain: a CAIP-2 id or an alias")) },
  CLOSED,
);
export type NodesQuery = Static<typeof NodesQuery>;

export const NodeParams = Type.Object({ name: idText("A node's name in the configuration") }, CLOSED);
export type NodeParams = Static<typeof NodeParams>;

export const CordonRequest = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: LIMITS.recordTextCharacters,
      description: "Why, for those who look at the node later",
    }),
  },
  CLOSED,
);
export type CordonRequest = Static<typeof CordonRequest>;

export const FreshnessQuery = Type.Object(freshness, CLOSED);
export type FreshnessQuery = Static<typeof FreshnessQuery>;

export const PinQuery = Type.Object(pin, CLOSED);
export type PinQuery = Static<typeof PinQuery>;

export const BalancesQuery = Type.Object(
  {
    assets: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: LIMITS.apiBatchAssets * LIMITS.apiIdCharacters,
        description: `CAIP-19 ids with commas between, at most ${LIMITS.apiBatchAssets}. Absent: all of the account`,
      }),
    ),
    parts: Type.Optional(
      Type.Boolean({
        description: "Tell the places in which each balance lies; 501 unsupported where the chain does not",
      }),
    ),
    ...page,
    ...pin,
  },
  CLOSED,
);
export type BalancesQuery = Static<typeof BalancesQuery>;

const movements = Type.Optional(
  oneOf(["own", "all"], "Whose movements, inputs and outputs to show: the account's (if absent), or everybody's"),
);

export const TransactionsQuery = Type.Object({ movements, ...page, ...pin }, CLOSED);
export type TransactionsQuery = Static<typeof TransactionsQuery>;

/** What is unspent is known after the newest indexed block alone: no other can be asked for. */
export const UtxosQuery = Type.Object({ ...page, ...freshness }, CLOSED);
export type UtxosQuery = Static<typeof UtxosQuery>;

export const PendingQuery = Type.Object({ movements, ...page }, CLOSED);
export type PendingQuery = Static<typeof PendingQuery>;

export const HistoryQuery = Type.Object(
  {
    asset: Type.Optional(idText("CAIP-19. Absent: the chain's native asset")),
    from: Type.Optional(Type.Integer({ minimum: 0, description: "First height. Absent: the first indexed" })),
    to: Type.Optional(Type.Integer({ minimum: 0, description: "Last height. Absent: the block the answer stands on" })),
    ...page,
    ...pin,
  },
  CLOSED,
);
export type HistoryQuery = Static<typeof HistoryQuery>;
