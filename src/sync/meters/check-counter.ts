import type { Counter, MetricRegistry } from "../../core/contracts/metrics.ts";
import type { CheckResult } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, type HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { SYNC_METRICS } from "../metrics.ts";

/** Counts checks of blocks. The names are the plugin's: only so many are told apart. */
export class CheckCounter {
  readonly #checks: Counter<"chain" | "check" | "result">;
  readonly #names = new Set<string>();

  constructor(metrics: MetricRegistry) {
    this.#checks = metrics.counter(SYNC_METRICS.checks);
  }

  count(chain: string, checks: readonly CheckResult[]): void {
    for (const { check, result } of checks) this.#count(chain, check, result);
  }

  /** Counts the check that failed, where the error is of one. */
  countFailure(chain: string, error: unknown): void {
    const failure = asHeadwaterError(error);
    if (failure.code === "integrity-violation") this.#count(chain, nameOfCheck(failure), "failed");
  }

  #count(chain: string, check: string, result: string): void {
    const known = this.#names.has(check) || this.#names.size < LIMITS.metricCheckNames;
    if (known) this.#names.add(check);
    this.#checks.add({ chain, check: known ? check : "other", result });
  }
}

/** The field that did not hold, without its place in the block: `receipts[7].status` is `receipts.status`. */
function nameOfCheck({ details }: HeadwaterError): string {
  const field = details["field"];
  if (typeof field !== "string") return "unnamed";
  const name = field.replaceAll(/\[[^\]]*\]|\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b/gi, "").trim();
  return name.slice(0, LIMITS.metricLabelCharacters) || "unnamed";
}
