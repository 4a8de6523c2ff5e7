import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { quoteNode } from "./excerpt.ts";
import type { ClassifyRefusal, ClassifyRpcError } from "./messages.ts";

/** So much of a message is matched: a node may send a megabyte. */
const MATCHED_CHARACTERS = 1000;

/** What the JSON-RPC errors of a family's nodes mean. */
export type ErrorRule<Reason extends string> = {
  readonly code: ErrorCode;
  /** What the error is about, where code alone does not tell. */
  readonly reason?: Reason;
  /** JSON-RPC codes that mean this whatever the text says. */
  readonly codes?: readonly number[];
  /** Texts that mean this whatever the code is, in lower case. */
  readonly text?: RegExp;
};

/**
 * A family's rules as a function that puts a node's JSON-RPC error into the taxonomy: the first rule that fits decides, and
 * where none does, `node-rpc-error`. Never throws, whatever the object holds. The node's words are repeated shortened and
 * without URLs; `details` hold `node`, `method`, `rpcCode` and, where known, `reason`.
 */
export function classifyBy(rules: readonly ErrorRule<string>[]): ClassifyRpcError {
  return (error, node, method) => {
    const rpcCode = readCode(error.code);
    const message = typeof error.message === "string" ? error.message : "";
    const data = readData(error.data);
    const rule = findRule(rules, rpcCode, message) ?? findRule(rules, undefined, data);
    const said = quoteNode(message || data, LIMITS.nodeMessageCharacters) || "no message";
    return new HeadwaterError(rule?.code ?? "node-rpc-error", `node ${node}, ${method}: ${said} (code ${rpcCode})`, {
      details: { node, method, rpcCode: rpcCode ?? null, ...(rule?.reason && { reason: rule.reason }) },
    });
  };
}

/**
 * What an HTTP error without a JSON-RPC error says, where it is known: nodes and gateways refuse with a bare status, a page or a
 * line of text. Undefined where it says nothing that is known.
 * @param refusing statuses by which credentials, address or method are refused; the rules know them as codes
 * @param telling what the text may mean: no more is read into a page of HTML
 */
export function refusalBy(
  classify: ClassifyRpcError,
  refusing: readonly number[],
  telling: readonly ErrorCode[],
): ClassifyRefusal {
  return (status, text, node, method) => {
    if (refusing.includes(status)) {
      const message = `HTTP status ${status}: the node refuses the credentials, the address or the method`;
      return classify({ code: status, message }, node, method);
    }
    const error = classify({ message: text }, node, method);
    return telling.includes(error.code) ? error : undefined;
  };
}

/** Whether the error was classified to be about `reason`. */
export function isAbout(error: unknown, reason: string): boolean {
  return error instanceof HeadwaterError && error.details["reason"] === reason;
}

function findRule(
  rules: readonly ErrorRule<string>[],
  rpcCode: number | undefined,
  text: string,
): ErrorRule<string> | undefined {
  const lower = text.slice(0, MATCHED_CHARACTERS).toLowerCase().trim();
  return rules.find(
    (rule) => (rpcCode !== undefined && rule.codes?.includes(rpcCode)) || (lower !== "" && rule.text?.test(lower)),
  );
}

function readCode(code: unknown): number | undefined {
  const number = typeof code === "string" && /^-?\d{1,9}$/.test(code) ? Number(code) : code;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Some nodes put what happened into `data`, under a message like "Internal error". */
function readData(data: unknown): string {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null) return "";
  const { message } = data as { message?: unknown };
  return typeof message === "string" ? message : "";
}
