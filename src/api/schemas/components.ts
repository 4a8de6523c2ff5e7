import { AccountSchema, WatchBatchSchema } from "./accounts.ts";
import {
  AccountErrorSchema,
  BalanceSchema,
  BalancesSchema,
  BatchSchema,
  HistorySchema,
  PointSchema,
} from "./balances.ts";
import { AgreementSchema, AsOfSchema, BlockRefSchema, BlockSchema, TipSchema } from "./blocks.ts";
import { ChainSchema, NodeSchema } from "./chains.ts";
import {
  BalanceEvidenceSchema,
  ContentEvidenceSchema,
  DisputedHeaderSchema,
  EvidencePageSchema,
  HeaderEvidenceSchema,
  IntegrityEvidenceSchema,
} from "./evidence.ts";
import { ReadinessSchema } from "./health.ts";
import { OutputSchema, UtxoSchema, UtxosSchema } from "./outputs.ts";
import { PendingSchema, PendingTransactionSchema, RetractedSchema } from "./pending.ts";
import { ProblemSchema } from "./problem.ts";
import { AccountTransactionsSchema, FeeSchema, MovementSchema, TransactionSchema } from "./transactions.ts";

/** Every schema that others refer to by its `$id`: OpenAPI's `components.schemas`. */
export const COMPONENTS = [
  ProblemSchema,
  AgreementSchema,
  BlockRefSchema,
  TipSchema,
  BlockSchema,
  AsOfSchema,
  DisputedHeaderSchema,
  HeaderEvidenceSchema,
  BalanceEvidenceSchema,
  ContentEvidenceSchema,
  IntegrityEvidenceSchema,
  EvidencePageSchema,
  ChainSchema,
  NodeSchema,
  MovementSchema,
  FeeSchema,
  OutputSchema,
  TransactionSchema,
  AccountTransactionsSchema,
  BalanceSchema,
  BalancesSchema,
  AccountErrorSchema,
  BatchSchema,
  AccountSchema,
  WatchBatchSchema,
  PointSchema,
  HistorySchema,
  UtxoSchema,
  UtxosSchema,
  PendingTransactionSchema,
  RetractedSchema,
  PendingSchema,
  ReadinessSchema,
] as const;
