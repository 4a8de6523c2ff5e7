import { classifyBy, type ErrorRule, isAbout } from "../json-rpc/error-rules.ts";

/** What a `node-rpc-error` is about, where that is known; it stands in `details.reason`. */
export type RpcErrorReason = "reverted" | "invalid-params" | "unauthorized" | "batch";

/**
 * The first rule that fits decides. A contract's own words come first: a revert reason may say anything, also the words
 * of the rules after it. Codes: JSON-RPC 2.0 section 5.1, EIP-1474, EIP-4444 (4444), Besu (-39001), Parity (-32015),
 * providers' 429, -32005, -32007, -32029.
 */
const RULES: readonly ErrorRule<RpcErrorReason>[] = [
  {
    code: "node-rpc-error",
    reason: "reverted",
    codes: [3, -32015],
    text: /^(vm )?execution (was )?reverted|^reverted|^evm error|^vm execution error|^vm exception|transaction reverted|^(err: )?(out of gas|gas uint64 overflow|invalid jump destination|write protection|max code size exceeded|stack (under|over)flow|stack limit reached|invalid opcode|opcode .* not defined|badinstruction|bad instruction|bad jump destination|invalid memory access|return data out of bounds|call depth exceeded)/,
  },
  {
    code: "node-throttled",
    codes: [429, -32007, -32029],
    text: /too many requests(?! in)|rate limit|rate-limit|request limit|requests limited|compute units|request rate exceeded|request count exceeded|exceeded the quota|reached the quota|quota exceeded|over quota|capacity exceeded|capacity limit|under too much load|throttl|free tier limit|try again in \d/,
  },
  {
    code: "node-rpc-error",
    reason: "batch",
    text: /exceed.* batch|batch.*(limit|too (large|big|many)|exceed|not (supported|allowed|enabled)|disabled|unsupported)|too many (requests|calls) in (a |the )?batch|batches? of more than/,
  },
  {
    code: "node-method-unsupported",
    codes: [-32601],
    text: /\b(method|module|namespace)\b.*(not (found|supported|available|allowed|enabled|implemented|whitelisted)|does not exist|is disabled|unsupported|unavailable|unknown)|unsupported method|unknown method|unknown tracer|tracer not found|tracer is not defined|not included in your current plan|method is not whitelisted|is not available on the free/,
  },
  {
    code: "node-history-pruned",
    codes: [4444],
    text: /missing trie node|missingtrienode|is missing from the db|trie node .* not found|prun(ed|ing)|no state available|historical state|state histor|(world )?state (is |root )?(not available|unavailable|not found)|state .* is not available|archive (state|node|data|mode|request)|proof window|not available in path scheme|only the last \d+ blocks|exceeds? (the )?(maximum )?(number of )?blocks? (behind|lookback)|before (the )?(earliest|first) available/,
  },
  {
    code: "node-block-missing",
    codes: [-39001],
    text: /header (for hash )?not found|unknown (block|header|ancestor)|block(hash)? .*(not found|not available|unavailable|does not exist|could not be found)|block not found|could not find block|cannot find block|blockoutofrange|block (is )?out of range|not currently canonical|not canonical|non-canonical|beyond (current )?head|unfinalized data|after last accepted block|future block|block number .*(too high|greater than)|safe is not|finalized is not/,
  },
  {
    code: "node-timeout",
    codes: [4],
    text: /timed? ?out|deadline exceeded|execution aborted \(timeout/,
  },
  {
    code: "node-response-too-large",
    text: /response (size )?(is )?(too (large|big)|exceed)|response size should not|exceeds? .*response size|body too large/,
  },
  {
    code: "node-rpc-error",
    reason: "unauthorized",
    codes: [401, 403],
    text: /unauthori[sz]ed|forbidden|invalid api key|api key .*(invalid|missing|disabled|expired)|invalid project id|not allowed to access|must be authenticated/,
  },
  { code: "node-throttled", codes: [-32005] },
  { code: "node-method-unsupported", codes: [-32004] },
  { code: "node-block-missing", codes: [-32001] },
  {
    code: "node-rpc-error",
    reason: "invalid-params",
    codes: [-32602, -32600],
    text: /invalid (argument|params|parameter|request|type)|cannot unmarshal|unknown field|missing (value for )?required (argument|field)/,
  },
];

/** Puts a node's JSON-RPC error into the taxonomy. The one place where message texts of EVM nodes are matched. */
export const classifyRpcError = classifyBy(RULES);

/** Whether the error is about `reason`. */
export function isRpcError(error: unknown, reason: RpcErrorReason): boolean {
  return isAbout(error, reason);
}
