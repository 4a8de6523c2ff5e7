import { HeadwaterError } from "../../core/errors.ts";
import { classifyBy, type ErrorRule, isAbout, refusalBy } from "../json-rpc/error-rules.ts";

/** What an error of a node is about, where its code alone does not tell; it stands in `details.reason`. */
export type RpcErrorReason =
  | "unhealthy"
  | "commitment"
  | "no-history"
  | "excluded-key"
  | "transaction-version"
  | "behind-context"
  | "skipped-or-pruned"
  | "storage"
  | "unauthorized"
  | "no-mint"
  | "already-processed"
  | "blockhash-unknown"
  | "insufficient-funds"
  | "signature-failure"
  | "simulation-failed"
  | "invalid-params";

/**
 * The first rule that fits decides. Providers use codes of Agave's for words of their own (-32005 and -32007 for rates, -32010 for
 * credit), so what they say comes before the codes. Codes: Agave's `rpc-client-api/src/custom_error.rs`, JSON-RPC 2.0, and
 * what gateways say (429, -32429).
 *
 * A slot for which a node says that it "was skipped, or missing" may be either: `skipped-or-pruned` asks for a closer look
 * (why-no-block.ts).
 */
const RULES: readonly ErrorRule<RpcErrorReason>[] = [
  { code: "node-rpc-error", reason: "already-processed", text: /transaction has already been processed/ },
  { code: "node-rpc-error", reason: "blockhash-unknown", text: /blockhash not found/ },
  {
    code: "node-rpc-error",
    reason: "insufficient-funds",
    text: /insufficient funds for (fee|rent)|no record of a prior credit/,
  },
  { code: "node-rpc-error", reason: "signature-failure", text: /transaction signature verification failure/ },
  {
    code: "node-throttled",
    codes: [429, -32429, -32029],
    text: /too many requests|rate.?limit|request limit|limit reached|max usage reached|requests per second|compute units|quota|credits|throttl|concurrency limit|capacity/,
  },
  {
    code: "node-history-pruned",
    codes: [-32001],
    text: /cleaned up, does not exist on node|(archive|archival|historical) (data|requests?|node|state)|purged/,
  },
  {
    code: "node-block-skipped",
    reason: "skipped-or-pruned",
    text: /slot \d+ was skipped|was skipped, or missing/,
  },
  {
    code: "node-block-missing",
    reason: "behind-context",
    codes: [-32016],
    text: /minimum context slot has not been reached/,
  },
  {
    code: "node-block-missing",
    codes: [-32004, -32014],
    text: /block not available for slot|block status not yet available/,
  },
  {
    code: "node-rpc-error",
    reason: "unhealthy",
    codes: [-32005],
    text: /node is (unhealthy|behind)|behind by \d+ slots/,
  },
  { code: "node-block-skipped", reason: "skipped-or-pruned", codes: [-32007, -32009] },
  {
    code: "node-method-unsupported",
    reason: "excluded-key",
    codes: [-32010],
    text: /excluded from account secondary indexes/,
  },
  {
    code: "node-method-unsupported",
    reason: "no-history",
    codes: [-32011],
    text: /transaction history is not available/,
  },
  {
    code: "node-rpc-error",
    reason: "transaction-version",
    codes: [-32015],
    text: /transaction version \(\d+\) is not supported/,
  },
  {
    code: "node-method-unsupported",
    reason: "commitment",
    text: /does not support commitment below/,
  },
  {
    code: "node-rpc-error",
    reason: "storage",
    codes: [-32019],
    text: /failed to query long-term storage|bigtable query failed/,
  },
  {
    code: "node-method-unsupported",
    codes: [-32601, 410],
    text: /method (not found|is disabled|not allowed|not supported|unavailable)|unsupported method|call or parameters have been disabled|is not available on/,
  },
  {
    code: "node-rpc-error",
    reason: "unauthorized",
    codes: [401, 403],
    text: /unauthori[sz]ed|forbidden|invalid api key|must be authenticated/,
  },
  { code: "node-timeout", text: /timed? ?out|deadline exceeded/ },
  { code: "node-rpc-error", reason: "signature-failure", codes: [-32003] },
  { code: "node-rpc-error", reason: "simulation-failed", codes: [-32002], text: /transaction simulation failed/ },
  {
    code: "node-rpc-error",
    reason: "no-mint",
    text: /could not find mint|not a token mint|token mint could not be unpacked/,
  },
  {
    code: "node-rpc-error",
    reason: "invalid-params",
    codes: [-32602, -32600, -32013],
    text: /invalid (params|param|request|argument)|unknown variant|slot range too large|limit too large|signature length mismatch/,
  },
];

/** Puts an error of a node into the taxonomy. The one place where message texts of nodes are matched. */
export const classifyRpcError = classifyBy(RULES);

/** What an HTTP error without a JSON-RPC error says, where it is known. */
export const classifyRefusal = refusalBy(classifyRpcError, [401, 403, 410], ["node-throttled"]);

/** Which instruction of a transaction failed in a simulation, and with which of its program's own errors, where that is told. */
export function readFailedInstruction(
  error: HeadwaterError,
): { readonly place: number; readonly custom: number } | undefined {
  const [, place, custom] =
    /error processing instruction (\d{1,3}): custom program error: 0x([0-9a-f]{1,8})\b/i.exec(error.message) ?? [];
  return place === undefined || custom === undefined
    ? undefined
    : { place: Number(place), custom: Number.parseInt(custom, 16) };
}

/** Whether the error is about `reason`. */
export function isRpcError(error: unknown, reason: RpcErrorReason): boolean {
  return isAbout(error, reason);
}

/** Whether the node does not understand or does not allow what was asked, rather than being in trouble. */
export function isRefused(error: HeadwaterError): boolean {
  return (
    error.code === "node-method-unsupported" || isRpcError(error, "invalid-params") || isRpcError(error, "unauthorized")
  );
}

/** Whether the node says, in whatever words, that it has no block at the slot it was asked for. */
export function saysNoBlock(error: unknown): error is HeadwaterError {
  if (!(error instanceof HeadwaterError)) return false;
  return error.code === "node-block-missing" || error.code === "node-block-skipped";
}
