import { type Bank, isAncestor } from "../ledger/bank.ts";
import type { Placed } from "../ledger/ledger-index.ts";
import type { NodeView } from "../node-view.ts";
import { memoOf } from "../programs/memo-text.ts";
import { invalidParams } from "./fault.ts";
import {
  type RpcMethods,
  readAtLeastConfirmed,
  readBank,
  readConfig,
  readKey,
  readSignature,
  readTexts,
  withContext,
} from "./params.ts";
import { showTransaction } from "./show-transaction.ts";

/** As nodes have it. */
const MAX_STATUSES = 256;
const MAX_SIGNATURES = 1_000;

export const HISTORY_METHODS: RpcMethods = {
  getSignatureStatuses: (view, [texts, config]) => {
    const signatures = readTexts(texts);
    if (signatures.length > MAX_STATUSES) throw invalidParams(`Too many inputs provided; max ${MAX_STATUSES}`);
    const searches = readConfig(config)["searchTransactionHistory"] === true;
    const found = signatures.map((text) => showStatus(view, readSignature(text), searches));
    return withContext(view.processed, found);
  },
  getTransaction: (view, [text, config]) => {
    const signature = readSignature(text);
    const options = typeof config === "string" ? { encoding: config } : readConfig(config);
    const bank = view.bank(readAtLeastConfirmed(view, options));
    const found = view.cluster.ledger.index.find(signature, bank);
    if (!found || !keeps(view, found.bank)) return null;
    const { encoding = "json", maxSupportedTransactionVersion: version } = options as Record<string, unknown>;
    const maxVersion = typeof version === "number" ? version : undefined;
    const shown = showTransaction(found.transaction, { encoding: String(encoding), maxVersion }, "full");
    return { slot: found.bank.slot, ...shown, blockTime: found.bank.time };
  },
  getSignaturesForAddress: (view, [key, config]) => {
    const address = readKey(key);
    const options = readConfig(config);
    const { before, until, limit = MAX_SIGNATURES } = options;
    const range = {
      before: before === undefined || before === null ? undefined : readSignature(before),
      until: until === undefined || until === null ? undefined : readSignature(until),
    };
    if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MAX_SIGNATURES) {
      throw invalidParams(`Invalid limit; max ${MAX_SIGNATURES}`);
    }
    readAtLeastConfirmed(view, options);
    return listSignatures(view, readBank(view, options), address, { ...range, limit });
  },
};

type Range = { readonly before: string | undefined; readonly until: string | undefined; readonly limit: number };

/**
 * Newest first. As with nodes, an unknown `before` gives nothing and an unknown `until` leaves the list without an end, and the
 * one that `before` names need not be of this address.
 */
function listSignatures(view: NodeView, tip: Bank, address: string, { before, until, limit }: Range) {
  const { index } = view.cluster.ledger;
  const from = before === undefined ? undefined : index.find(before, tip);
  if (before !== undefined && (!from || !keeps(view, from.bank))) return [];
  const to = until === undefined ? undefined : index.find(until, tip);
  const shown: unknown[] = [];
  for (const placed of index.ofAddress(address, tip)) {
    if (shown.length === limit || !keeps(view, placed.bank)) break;
    if (from && !isBefore(placed, from)) continue;
    if (to && !isBefore(to, placed)) break;
    shown.push(showSignature(view, placed));
  }
  return shown;
}

function isBefore(a: Placed, b: Placed): boolean {
  if (a.bank.height !== b.bank.height) return a.bank.height < b.bank.height;
  return a.transaction.index < b.transaction.index;
}

function showSignature(view: NodeView, { bank, transaction }: Placed) {
  return {
    signature: transaction.wire.signatures[0],
    slot: bank.slot,
    err: transaction.err,
    memo: memoOf(transaction.wire),
    blockTime: bank.time,
    confirmationStatus: isAncestor(bank, view.finalized) ? "finalized" : "confirmed",
  };
}

/** Without a search of the history nodes know the statuses of the newest blocks only. */
const REMEMBERED_BLOCKS = 150;

function showStatus(view: NodeView, signature: string, searches: boolean) {
  const { processed, finalized, confirmed } = view;
  const found = view.cluster.ledger.index.find(signature, processed);
  if (!found) return null;
  const { bank, transaction } = found;
  const isRemembered = processed.height - bank.height <= REMEMBERED_BLOCKS;
  if (!isRemembered && !(searches && keeps(view, bank))) return null;
  const isFinal = isAncestor(bank, finalized);
  const level = isAncestor(bank, confirmed) ? "confirmed" : "processed";
  return {
    slot: bank.slot,
    confirmations: isFinal ? null : processed.height - bank.height,
    status: transaction.err === null ? { Ok: null } : { Err: transaction.err },
    err: transaction.err,
    confirmationStatus: isFinal ? "finalized" : level,
  };
}

function keeps({ longTermStorage, firstAvailable }: NodeView, bank: Bank): boolean {
  return longTermStorage || bank.height >= firstAvailable.height;
}
