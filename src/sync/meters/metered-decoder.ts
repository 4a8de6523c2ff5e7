import type { Counter, MetricRegistry } from "../../core/contracts/metrics.ts";
import type { RawBlock } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, type HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockDecoder } from "../decode-pool.ts";
import type { DecodedBlock } from "../decode-worker.ts";
import { SYNC_METRICS } from "../metrics.ts";

/** Counts the checks of every block that is verified. The names are the plugin's: only so many are told apart. */
export class MeteredDecoder implements BlockDecoder {
  readonly #decoder: BlockDecoder;
  readonly #checks: Counter<"chain" | "check" | "result">;
  readonly #names = new Set<string>();

  constructor(decoder: BlockDecoder, metrics: MetricRegistry) {
    this.#decoder = decoder;
    this.#checks = metrics.counter(SYNC_METRICS.checks);
  }

  async run(chain: string, raw: RawBlock): Promise<DecodedBlock> {
    try {
      const decoded = await this.#decoder.run(chain, raw);
      for (const { check, result } of decoded.checks) this.#count(chain, check, result);
      return decoded;
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (failure.code === "integrity-violation") this.#count(chain, nameOfCheck(failure), "failed");
      throw error;
    }
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
