import type { CallOptions } from "../../../core/contracts/plugin.ts";
import type { BroadcastReceipt, TransactionExpiry } from "../../../core/contracts/wallet.ts";
import { type ErrorCode, HeadwaterError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import { Answer } from "../codec/answer.ts";
import { readState } from "../reads/context.ts";
import { isRpcError, readFailedInstruction } from "../rpc-errors.ts";
import { isTokenProgram } from "../token-programs.ts";
import { invalid, readSigned, type SignedTransaction } from "./signed-transaction.ts";

const COMMITMENT = "confirmed";

/** System and token programs call it this when somebody has too little (`SystemError`, `TokenError`). */
const TOO_LITTLE = 1;
const SYSTEM_PROGRAM = "11111111111111111111111111111111";

/**
 * Sends a transaction, given as base64, through a node that tries it out first. The node sends it on until it is in a block, at
 * most `LIMITS.broadcastNodeRetries` times.
 *
 * How long it lives is found out before: the block count after which the newest blockhash is dead is the latest that any
 * living blockhash can have, and exact where the transaction names that one. With a durable nonce it lives until that is advanced.
 *
 * Methods: isBlockhashValid, getLatestBlockhash, sendTransaction; getSignatureStatuses where the node does not know the
 * blockhash.
 * @throws HeadwaterError as `ChainNode.broadcast`
 */
export async function broadcast(client: JsonRpcClient, raw: string, options?: CallOptions): Promise<BroadcastReceipt> {
  const transaction = readSigned(raw);
  const { id } = transaction;
  const expires = await findExpiry(client, transaction, options);
  try {
    const sent = await client.call("sendTransaction", [transaction.base64, SEND_OPTIONS], options);
    if (sent !== id) throw new Answer(`node ${client.node}, sendTransaction`).refuse("result", id, sent);
    // A blockhash may have been too new for the node when it was asked, and known when it took the transaction.
    return { id, known: false, expires: expires ?? (await findExpiry(client, transaction, options)) };
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    const isUnknown = isRpcError(error, "blockhash-unknown");
    if (isRpcError(error, "already-processed") || (isUnknown && (await hasLanded(client, id, options)))) {
      return { id, known: true, expires: null };
    }
    throw asRefusal(error, transaction);
  }
}

const SEND_OPTIONS = {
  encoding: "base64",
  skipPreflight: false,
  preflightCommitment: COMMITMENT,
  maxRetries: LIMITS.broadcastNodeRetries,
};

/** Null where the node does not know the transaction's blockhash: then it will refuse it, or has it in a block. */
async function findExpiry(
  client: JsonRpcClient,
  { blockhash, nonceAccount }: SignedTransaction,
  options: CallOptions | undefined,
): Promise<TransactionExpiry | null> {
  if (nonceAccount !== undefined) return { kind: "nonce", account: nonceAccount, value: blockhash };
  const asked = { client, commitment: COMMITMENT, notBefore: 0 } as const;
  const method = "isBlockhashValid";
  const valid = readState(asked, method, await client.call(method, [blockhash, { commitment: COMMITMENT }], options));
  if (typeof valid.value !== "boolean") throw valid.answer.refuse("result.value", "true or false", valid.value);
  if (!valid.value) return null;
  const { slot, latest, lastValid } = await fetchLatest(client, valid.slot, options);
  if (slot < valid.slot) return null;
  return { kind: "block-count", last: lastValid, exact: latest === blockhash };
}

/** The newest confirmed blockhash, and the block count up to which it lives. Method: getLatestBlockhash. */
export async function fetchLatest(client: JsonRpcClient, notBefore: number, options: CallOptions | undefined) {
  const method = "getLatestBlockhash";
  const config = { commitment: COMMITMENT, minContextSlot: notBefore };
  const asked = { client, commitment: COMMITMENT, notBefore } as const;
  const { slot, value, answer } = readState(asked, method, await client.call(method, [config], options));
  const told = answer.record(value, "result.value");
  return {
    slot,
    latest: answer.text(told["blockhash"], "result.value.blockhash"),
    lastValid: answer.count(told["lastValidBlockHeight"], "result.value.lastValidBlockHeight"),
  };
}

/** Whether a block has it: nodes forget the blockhash of a transaction sooner than the transaction. */
async function hasLanded(client: JsonRpcClient, id: string, options: CallOptions | undefined): Promise<boolean> {
  const method = "getSignatureStatuses";
  const asked = { client, commitment: COMMITMENT, notBefore: 0 } as const;
  const result = await client.call(method, [[id], { searchTransactionHistory: true }], options);
  const { value, answer } = readState(asked, method, result);
  const [status] = answer.list(value, "result.value");
  if (status === undefined) throw answer.refuse("result.value", "one status", value);
  return status !== null;
}

/** What the node's refusal says of the transaction. What is no refusal of it stays as it is. */
function asRefusal(error: HeadwaterError, transaction: SignedTransaction): HeadwaterError {
  if (isRpcError(error, "signature-failure") || isRpcError(error, "invalid-params")) return invalid(error.message);
  const failed = readFailedInstruction(error);
  const program = failed && transaction.programs[failed.place];
  const isTooLittle = failed?.custom === TOO_LITTLE && (program === SYSTEM_PROGRAM || isTokenProgram(program));
  if (isTooLittle || isRpcError(error, "insufficient-funds")) return refusal("insufficient-funds", error, transaction);
  if (isRpcError(error, "blockhash-unknown")) return refusal("transaction-expired", error, transaction);
  if (isRpcError(error, "simulation-failed")) return refusal("transaction-rejected", error, transaction);
  return error;
}

/** The word of one node: another may stand on newer state. */
function refusal(code: ErrorCode, cause: HeadwaterError, { id }: SignedTransaction): HeadwaterError {
  const { node } = cause.details as { node?: string };
  return new HeadwaterError(code, `transaction ${id}: ${cause.message}`, {
    cause,
    details: { transaction: id, node: node ?? null },
    retry: { sameNode: false, otherNode: true },
  });
}
