import { type Static, Type } from "typebox";
import { SYNC_STATES } from "../../core/sync-state.ts";
import { CLOSED, nullable, oneOf } from "./shape.ts";

export const HealthSchema = Type.Object({ status: oneOf(["up"]) }, CLOSED);

export const ReadinessSchema = Type.Object(
  {
    ready: Type.Boolean({ description: "Whether at least one chain answers fresh reads" }),
    chains: Type.Array(
      Type.Object(
        { chain: Type.String(), ready: Type.Boolean(), state: oneOf(SYNC_STATES), reason: nullable(Type.String()) },
        CLOSED,
      ),
    ),
  },
  { ...CLOSED, $id: "Readiness" },
);
export type ReadinessAnswer = Static<typeof ReadinessSchema>;
