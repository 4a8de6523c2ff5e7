import { type Static, Type } from "typebox";
import { EVIDENCE_KINDS, type Evidence } from "../../core/contracts/records.ts";
import { NODE_STATES } from "../../core/contracts/service.ts";
import { SYNC_STATES } from "../../core/sync-state.ts";
import { NullableBlockRef, TipSchema } from "./blocks.ts";
import { DisputedHeaderSchema } from "./evidence.ts";
import { CLOSED, nullable, oneOf, ref, Time } from "./shape.ts";

const SyncSchema = Type.Object(
  {
    state: oneOf(SYNC_STATES),
    since: Time,
    reason: nullable(Type.String({ description: "Why the chain is not synced, for people" })),
    lag: Type.Object(
      {
        blocks: nullable(Type.Integer({ minimum: 0 })),
        seconds: Type.Number({ minimum: 0, description: "How long the oldest unindexed block has been waiting" }),
      },
      CLOSED,
    ),
    tipAgeSeconds: nullable(Type.Number()),
  },
  CLOSED,
);

const Count = Type.Integer({ minimum: 0 });
type CountOfKinds = Record<Evidence["kind"], typeof Count>;

const ConflictSchema = Type.Object(
  { since: Time, message: Type.String(), evidence: ref(DisputedHeaderSchema) },
  { ...CLOSED, description: "Why the chain takes no more blocks until an operator has resolved it" },
);

export const ChainSchema = Type.Object(
  {
    id: Type.String({ description: "CAIP-2" }),
    alias: nullable(Type.String()),
    name: Type.String(),
    family: Type.String(),
    scope: oneOf(["all", "watched"], "Whether the index keeps all accounts or those that are registered"),
    watchedAccounts: nullable(
      Type.Integer({
        minimum: 0,
        description: "How many are registered; null on chains of scope all, and while it starts",
      }),
    ),
    capabilities: Type.Object(
      {
        historicalBalances: Type.Boolean(),
        tokens: Type.Boolean(),
        utxos: Type.Boolean({
          description: "Whether unspent outputs are told. False too where the index is known not to hold all of them",
        }),
        pending: Type.Boolean({ description: "Whether unconfirmed transactions are told" }),
      },
      CLOSED,
    ),
    sync: SyncSchema,
    indexed: NullableBlockRef,
    tip: nullable(ref(TipSchema)),
    agreedTip: nullable(ref(TipSchema)),
    safe: NullableBlockRef,
    finalized: NullableBlockRef,
    evidence: Type.Object(
      { total: Count, ...(Object.fromEntries(EVIDENCE_KINDS.map((kind) => [kind, Count])) as CountOfKinds) },
      { ...CLOSED, description: "How much evidence against nodes is kept, by kind" },
    ),
    conflict: nullable(ConflictSchema),
  },
  { ...CLOSED, $id: "Chain" },
);
export type ChainAnswer = Static<typeof ChainSchema>;

export const ChainsSchema = Type.Object({ chains: Type.Array(ref(ChainSchema)) }, CLOSED);
export type ChainsAnswer = Static<typeof ChainsSchema>;

const Milliseconds = Type.Number({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });

const measured = (description: string) =>
  nullable(Type.Object({ p50: Milliseconds, p95: Milliseconds }, { ...CLOSED, description }));

export const NodeSchema = Type.Object(
  {
    chain: Type.String({ description: "CAIP-2" }),
    name: Type.String(),
    operator: Type.String(),
    region: Type.String(),
    state: oneOf(NODE_STATES, "The gravest of the causes; unknown until the node was asked for the first time"),
    causes: Type.Array(Type.String(), { description: "All that holds, gravest first. All must clear" }),
    lastResort: Type.Boolean({ description: "Used all the same, since no other node is left" }),
    since: nullable(Time),
    cordon: nullable(Type.Object({ since: Time, reason: Type.String() }, CLOSED)),
    clientVersion: nullable(Type.String()),
    tip: NullableBlockRef,
    lag: Type.Object(
      {
        blocks: nullable(Type.Integer({ minimum: 0, description: "Behind the newest block that any good node tells" })),
        seconds: nullable(Type.Number({ minimum: 0, description: "How long the oldest block it lacks is known" })),
      },
      CLOSED,
    ),
    latencyMs: measured("From asking to the whole answer"),
    jitterMs: nullable(Milliseconds),
    firstSeenDeltaMs: measured("How much later than the first node it told its blocks"),
    errorRate: nullable(Share),
    throttleRate: nullable(Share),
    allowedRequestsPerSecond: nullable(
      Type.Number({ minimum: 0, description: "The rate it is held to at this moment; null without a bound" }),
    ),
    queue: nullable(
      Type.Object({ waiting: Type.Integer({ minimum: 0 }), running: Type.Integer({ minimum: 0 }) }, CLOSED),
    ),
    breaker: nullable(oneOf(["closed", "open", "half-open"])),
    servesFromHeight: nullable(Type.Integer({ minimum: 0, description: "The lowest height it is known to serve" })),
    feed: nullable(oneOf(["none", "open", "silent", "closed"], "Its push feed; none where none is configured")),
    lastError: nullable(Type.String({ description: "The newest failure, also when the node does well again." })),
    lastErrorAt: nullable(Type.String({ description: "When it was, ISO 8601 UTC." })),
  },
  { ...CLOSED, $id: "Node" },
);
export type NodeAnswer = Static<typeof NodeSchema>;

export const NodesSchema = Type.Object({ nodes: Type.Array(ref(NodeSchema)) }, CLOSED);
export type NodesAnswer = Static<typeof NodesSchema>;
