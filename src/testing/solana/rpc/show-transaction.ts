import type { ExecutedTransaction, TokenBalance } from "../ledger/executed-transaction.ts";
import { encodeBase58 } from "../wire/base58.ts";
import { isWritable, type WireMessage, type WireTransaction } from "../wire/read-wire.ts";
import { FAULTS, invalidParams } from "./fault.ts";
import { showTokenAmount } from "./show-amount.ts";

export type TransactionDetails = "full" | "accounts";
export type ShowOptions = { readonly encoding: string; readonly maxVersion: number | undefined };

/** A transaction of a block with what it did, in the form of `getBlock` and `getTransaction`. */
export function showTransaction(transaction: ExecutedTransaction, options: ShowOptions, details: TransactionDetails) {
  const { wire } = transaction;
  const version = expectVersion(wire, options);
  if (details === "accounts") {
    return { transaction: showAccounts(transaction), meta: showAccountsMeta(transaction), ...version };
  }
  return { transaction: showWire(wire, options.encoding), meta: showMeta(transaction), ...version };
}

function expectVersion({ version }: WireTransaction, { maxVersion }: ShowOptions) {
  if (maxVersion === undefined) {
    if (version !== "legacy") throw FAULTS.unsupportedVersion(version);
    return {};
  }
  return { version };
}

function showWire(wire: WireTransaction, encoding: string): unknown {
  switch (encoding) {
    case "base64":
      return [Buffer.from(wire.wire).toString("base64"), "base64"];
    case "base58":
      return [encodeBase58(wire.wire), "base58"];
    case "binary":
      return encodeBase58(wire.wire);
    case "json":
      return { signatures: wire.signatures, message: showMessage(wire) };
    default:
      throw invalidParams(
        `the local cluster does not write transactions as ${encoding}: json, base64 and base58 are there`,
      );
  }
}

function showMessage({ header, accountKeys, recentBlockhash, instructions, lookups, version }: WireMessage) {
  return {
    header,
    accountKeys,
    recentBlockhash,
    instructions: instructions.map(({ programIdIndex, accounts, data }) => ({
      programIdIndex,
      accounts,
      data: encodeBase58(data),
      stackHeight: 1,
    })),
    ...(version === 0 && { addressTableLookups: lookups }),
  };
}

function showMeta(transaction: ExecutedTransaction) {
  const { inner, logs, loaded, returnData, computeUnits } = transaction;
  const { err, status, fee, preBalances, postBalances, preTokenBalances, postTokenBalances } =
    showAccountsMeta(transaction);
  return {
    err,
    status,
    fee,
    preBalances,
    postBalances,
    innerInstructions: inner,
    logMessages: logs,
    preTokenBalances,
    postTokenBalances,
    rewards: [],
    loadedAddresses: loaded,
    ...(returnData && { returnData: { programId: returnData.programId, data: [returnData.data, "base64"] } }),
    computeUnitsConsumed: computeUnits,
  };
}

function showAccountsMeta({ err, fee, before, after, tokensBefore, tokensAfter }: ExecutedTransaction) {
  return {
    err,
    status: err === null ? { Ok: null } : { Err: err },
    fee,
    preBalances: before,
    postBalances: after,
    preTokenBalances: tokensBefore.map(showTokenBalance),
    postTokenBalances: tokensAfter.map(showTokenBalance),
  };
}

function showAccounts({ wire, keys, loaded }: ExecutedTransaction) {
  const named = wire.accountKeys.length;
  const accountKeys = keys.map((pubkey, i) => ({
    pubkey,
    writable: i < named ? isWritable(wire, i) : i < named + loaded.writable.length,
    signer: i < wire.header.numRequiredSignatures,
    source: i < named ? "transaction" : "lookupTable",
  }));
  return { signatures: wire.signatures, accountKeys };
}

function showTokenBalance({ accountIndex, mint, owner, programId, amount, decimals }: TokenBalance) {
  return { accountIndex, mint, uiTokenAmount: showTokenAmount(amount, decimals), owner, programId };
}
