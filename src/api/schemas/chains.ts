import { type Static, Type } from "typebox";
import { SYNC_STATES } from "../../core/sync-state.ts";
import { NullableBlockRef, TipSchema } from "./blocks.ts";
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

export const ChainSchema = Type.Object(
  {
    id: Type.String({ description: "CAIP-2" }),
    alias: nullable(Type.String()),
    name: Type.String(),
    family: Type.String(),
    capabilities: Type.Object(
      { historicalBalances: Type.Boolean(), tokens: Type.Boolean(), utxos: Type.Boolean() },
      CLOSED,
    ),
    sync: SyncSchema,
    indexed: NullableBlockRef,
    tip: nullable(ref(TipSchema)),
    safe: NullableBlockRef,
    finalized: NullableBlockRef,
  },
  { ...CLOSED, $id: "Chain" },
);
export type ChainAnswer = Static<typeof ChainSchema>;

export const ChainsSchema = Type.Object({ chains: Type.Array(ref(ChainSchema)) }, CLOSED);
export type ChainsAnswer = Static<typeof ChainsSchema>;

export const NodeSchema = Type.Object(
  {
    chain: Type.String({ description: "CAIP-2" }),
    name: Type.String(),
    operator: Type.String(),
    region: Type.String(),
    state: oneOf(["healthy", "unreachable", "unknown"]),
    causes: Type.Array(Type.String()),
    clientVersion: nullable(Type.String()),
    tip: NullableBlockRef,
    lastError: nullable(Type.String({ description: "The newest failure, also when the node does well again." })),
    lastErrorAt: nullable(Type.String({ description: "When it was, ISO 8601 UTC." })),
  },
  { ...CLOSED, $id: "Node" },
);
export type NodeAnswer = Static<typeof NodeSchema>;

export const NodesSchema = Type.Object({ nodes: Type.Array(ref(NodeSchema)) }, CLOSED);
export type NodesAnswer = Static<typeof NodesSchema>;
