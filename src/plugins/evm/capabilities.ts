import type { CallOptions } from "../../core/contracts/plugin.ts";
import { type ErrorCode, HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { orAborted } from "../json-rpc/or-aborted.ts";
import { hexHeight } from "./block-ref.ts";
import { TRACES_CAPABILITY } from "./profile.ts";
import type { ProofClient } from "./proof/proof-client.ts";
import { isRecord } from "./responses.ts";
import { isRpcError } from "./rpc-errors.ts";
import { fetchLatest } from "./tips.ts";

export const CALL_TRACER = { tracer: "callTracer" } as const;
export const DIFF_TRACER = { tracer: "prestateTracer", tracerConfig: { diffMode: true } } as const;

/** The word of NodeProbe for a node whose proofs of balances hold. */
export const PROOFS_CAPABILITY = "proofs";

/** Any account will do: whether it is in the state or not, there is a proof of it. */
const PROBED_ACCOUNT = "0x0000000000000000000000000000000000000000";

/** How a node gives a block's receipts: all at once by the block's hash or height, by height only, or one by one. */
export type ReceiptsAccess = "by-hash" | "by-height" | "one-by-one";

/** Errors after which a node counts as unable for now. The next probe tries again. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "node-rpc-error",
  "node-timeout",
  "node-block-missing",
  "node-history-pruned",
  "node-response-too-large",
  "node-bad-response",
  "node-http-error",
]);

/**
 * What one node can do, found out by trying, never assumed from its version. What a try told for certain is kept for the
 * connection's life.
 */
export class NodeCapabilities {
  readonly #client: JsonRpcClient;
  readonly #tryTraces: boolean;
  #receipts: ReceiptsAccess | undefined;
  #receiptsCertain = false;
  #searching: Promise<ReceiptsAccess> | undefined;
  #traces: boolean | undefined;
  readonly #proofClient: ProofClient | undefined;
  #proofs: boolean | undefined;

  /** @param proofClient absent where proofs are of no use on the chain */
  constructor(client: JsonRpcClient, tryTraces: boolean, proofClient?: ProofClient) {
    this.#client = client;
    this.#tryTraces = tryTraces;
    this.#proofClient = proofClient;
  }

  /**
   * The words of NodeProbe: `block-receipts`, `traces` when both tracers work on a whole block, and `proofs` when a proof
   * of the newest state holds against its header.
   */
  async find(options?: CallOptions): Promise<string[]> {
    if (!this.#receiptsCertain) this.#receipts = undefined;
    const receipts = await this.findReceipts(options);
    const traces = this.#tryTraces && (await this.#findTraces(options));
    const proofs = this.#proofClient !== undefined && (await this.#findProofs(this.#proofClient, options));
    return [
      ...(receipts === "one-by-one" ? [] : ["block-receipts"]),
      ...(traces ? [TRACES_CAPABILITY] : []),
      ...(proofs ? [PROOFS_CAPABILITY] : []),
    ];
  }

  /** Asked of the node once, however many blocks are fetched at the same time. */
  async findReceipts(options?: CallOptions): Promise<ReceiptsAccess> {
    if (this.#receipts) return this.#receipts;
    // One caller's abort must not fail the others that wait for the same answer.
    this.#searching ??= this.#searchReceipts(withoutSignal(options)).finally(() => {
      this.#searching = undefined;
    });
    this.#receipts = await orAborted(this.#searching, options?.signal);
    return this.#receipts;
  }

  async #searchReceipts(options: CallOptions): Promise<ReceiptsAccess> {
    const tip = await fetchLatest(this.#client, options);
    const byHash = await this.#tryReceipts(tip.hash, options);
    const byHeight = byHash.works ? byHash : await this.#tryReceipts(hexHeight(tip.height), options);
    this.#receiptsCertain = byHeight.works || (byHash.certain && byHeight.certain);
    if (!byHeight.works) return "one-by-one";
    return byHash.works ? "by-hash" : "by-height";
  }

  async #tryReceipts(block: string, options: CallOptions): Promise<{ works: boolean; certain: boolean }> {
    try {
      const receipts = await this.#client.call("eth_getBlockReceipts", [block], options);
      // Null is a block that left the chain a moment ago, or a method that does not understand its parameter.
      return { works: Array.isArray(receipts), certain: receipts !== null };
    } catch (error) {
      return { works: false, certain: isRefusal(error) };
    }
  }

  async #findTraces(options?: CallOptions): Promise<boolean> {
    if (this.#traces !== undefined) return this.#traces;
    const bounded = { ...options, timeoutMs: LIMITS.traceProbeTimeoutMs };
    try {
      const { height, transactions } = await this.#findCheapBlock(options);
      const calls = await this.#client.call("debug_traceBlockByNumber", [hexHeight(height), CALL_TRACER], bounded);
      const diffs = await this.#client.call("debug_traceBlockByNumber", [hexHeight(height), DIFF_TRACER], bounded);
      this.#traces =
        isTraced(calls, transactions, (frame) => typeof frame["type"] === "string") &&
        isTraced(diffs, transactions, (diff) => isRecord(diff["pre"]) && isRecord(diff["post"]));
      return this.#traces;
    } catch (error) {
      if (isRefusal(error)) this.#traces = false;
      return false;
    }
  }

  async #findProofs(proofClient: ProofClient, options?: CallOptions): Promise<boolean> {
    if (this.#proofs !== undefined) return this.#proofs;
    try {
      const tip = await fetchLatest(this.#client, options);
      const proven = await proofClient.prove([{ address: PROBED_ACCOUNT, keys: [] }], tip, options);
      this.#proofs = proven !== undefined;
      return this.#proofs;
    } catch (error) {
      // A proof that does not hold is no reason to do without the node, only without its proofs.
      if (error instanceof IntegrityViolation) return false;
      if (isRefusal(error)) this.#proofs = false;
      return false;
    }
  }

  /**
   * Of the newest blocks the one with the fewest transactions, but some if possible: tracing is expensive (anvil's cost
   * is quadratic in the block's size), and an empty block does not show whether a tracer is known.
   */
  async #findCheapBlock(options?: CallOptions): Promise<{ height: number; transactions: number }> {
    const tip = await fetchLatest(this.#client, options);
    const heights = Array.from({ length: Math.min(LIMITS.traceProbeBlocks, tip.height + 1) }, (_, i) => tip.height - i);
    const outcomes = await this.#client.batch(
      heights.map((height) => ({ method: "eth_getBlockTransactionCountByNumber", params: [hexHeight(height)] })),
      options,
    );
    let best = { height: tip.height, transactions: 0 };
    for (const [i, outcome] of outcomes.entries()) {
      const transactions = outcome.ok ? Number(outcome.result ?? 0) : 0;
      if (!(transactions > 0)) continue;
      if (best.transactions === 0 || transactions < best.transactions) {
        best = { height: heights[i] as number, transactions };
      }
    }
    return best;
  }
}

/**
 * Whether the node refuses such a call for good, rather than for the moment.
 * @throws what is no answer of the node, or an answer that asks for patience: it says nothing about the method
 */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof HeadwaterError)) throw error;
  if (error.code === "node-method-unsupported") return true;
  if (!PASSING.has(error.code)) throw error;
  return isRpcError(error, "invalid-params") || isRpcError(error, "unauthorized");
}

/** Whether every entry is what the tracer gives. A node that ignores the tracer's name gives something else. */
function isTraced(
  traces: unknown,
  transactions: number,
  isResult: (result: Record<string, unknown>) => boolean,
): boolean {
  if (!Array.isArray(traces) || traces.length < transactions) return false;
  return traces.every((entry: unknown) => isRecord(entry) && isRecord(entry["result"]) && isResult(entry["result"]));
}

function withoutSignal(options: CallOptions = {}): CallOptions {
  const { signal: _, ...rest } = options;
  return rest;
}
