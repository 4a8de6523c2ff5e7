import { API_METRICS } from "../api/metrics.ts";
import type { MetricDefinition } from "../core/contracts/metrics.ts";
import { LEVEL_METRICS } from "../store/level/metrics.ts";
import { GOVERNOR_METRICS } from "../sync/governor/metrics.ts";
import { SYNC_METRICS } from "../sync/metrics.ts";
import { PENDING_METRICS } from "../sync/pending/metrics.ts";
import { POOL_METRICS } from "../sync/pool/metrics.ts";
import { PROCESS_METRICS } from "../telemetry/process-metrics.ts";

/** Every metric there is, as docs/metrics.md lists them: each room declares its own. */
export const DECLARED_METRICS: readonly MetricDefinition[] = [
  SYNC_METRICS,
  GOVERNOR_METRICS,
  POOL_METRICS,
  PENDING_METRICS,
  LEVEL_METRICS,
  API_METRICS,
  PROCESS_METRICS,
].flatMap((metrics): MetricDefinition[] => Object.values(metrics));
