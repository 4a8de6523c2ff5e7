import { type Bank, bankAtHeight, isAncestor } from "../ledger/bank.ts";
import type { Commitment, NodeView } from "../node-view.ts";
import { FAULTS, invalidParams } from "./fault.ts";
import { type Config, type RpcMethods, readAtLeastConfirmed, readBank, readConfig, readSlot } from "./params.ts";
import { type ShowOptions, showTransaction } from "./show-transaction.ts";

/** Slots that one call may ask about, as nodes have it. */
const MAX_RANGE = 500_000;

export const BLOCK_METHODS: RpcMethods = {
  getBlock: (view, [slot, config]) => {
    const at = readSlot(slot);
    const options = typeof config === "string" ? { encoding: config } : readConfig(config);
    return showBlock(findBlock(view, at, readAtLeastConfirmed(view, options)), options);
  },
  getBlocks: (view, [from, second, third]) => {
    const start = readSlot(from);
    const hasEnd = typeof second === "number";
    const config = readConfig(third ?? (hasEnd ? undefined : second));
    const tip = highestFor(view, config);
    const end = Math.min(hasEnd ? readSlot(second) : start + MAX_RANGE, tip.slot);
    if (end < start) return [];
    if (end - start > MAX_RANGE) throw invalidParams(`Slot range too large; max ${MAX_RANGE}`);
    return listSlots(view, tip, start, end, Number.POSITIVE_INFINITY);
  },
  getBlocksWithLimit: (view, [from, limit, third]) => {
    const start = readSlot(from, 2);
    const count = readSlot(limit, 2);
    const tip = highestFor(view, readConfig(third));
    if (count > MAX_RANGE) throw invalidParams(`Limit too large; max ${MAX_RANGE}`);
    return listSlots(view, tip, start, tip.slot, count);
  },
  getBlockTime: (view, [slot]) => {
    const at = readSlot(slot);
    const { processed, finalized, cluster } = view;
    if (at <= finalized.slot) return findFinalized(view, at).time;
    const bank = cluster.ledger.index.bankAt(at, processed);
    if (!bank) throw FAULTS.blockNotAvailable(at);
    return bank.time;
  },
  getFirstAvailableBlock: (view) => (view.longTermStorage ? view.cluster.oldest.slot : view.firstAvailable.slot),
  minimumLedgerSlot: (view) => view.firstAvailable.slot,
};

/** The block of a slot, or the reason why there is none, by the rules and in the order of a node. */
function findBlock(view: NodeView, slot: number, commitment: Commitment): Bank {
  if (slot <= view.finalized.slot) {
    expectWritten(view, slot);
    return findFinalized(view, slot);
  }
  const bank = commitment === "finalized" ? undefined : view.cluster.ledger.index.bankAt(slot, view.bank(commitment));
  // Above what is final a slot that was skipped looks like one that is not there yet.
  if (!bank) throw FAULTS.blockNotAvailable(slot);
  expectWritten(view, slot);
  return bank;
}

function findFinalized(view: NodeView, slot: number): Bank {
  const { finalized, firstAvailable, longTermStorage, cluster } = view;
  const bank = cluster.ledger.index.bankAt(slot, finalized);
  const isKept = bank !== undefined && bank.height >= firstAvailable.height;
  if (isKept || (bank && longTermStorage)) return bank;
  // Of what lies below its first block a node cannot tell whether it was skipped; only long-term storage can.
  if (!bank && slot > firstAvailable.slot) throw FAULTS.slotSkipped(slot);
  if (longTermStorage && slot >= cluster.oldest.slot) throw FAULTS.longTermStorageSlotSkipped(slot);
  throw FAULTS.blockCleanedUp(slot, firstAvailable.slot);
}

function expectWritten(view: NodeView, slot: number): void {
  if (slot > view.written.slot) throw FAULTS.blockStatusNotAvailable(slot);
}

function highestFor(view: NodeView, config: Config): Bank {
  readAtLeastConfirmed(view, config);
  return readBank(view, config);
}

function listSlots(view: NodeView, tip: Bank, start: number, end: number, most: number): number[] {
  const lowest = view.longTermStorage ? view.cluster.oldest : view.firstAvailable;
  const slots: number[] = [];
  for (let height = heightFrom(tip, lowest, start); slots.length < most; height++) {
    const bank = bankAtHeight(tip, height);
    if (!bank || bank.slot > end) break;
    slots.push(bank.slot);
  }
  return slots;
}

/** The height of the first block of a line at or after a slot: slots rise with heights. */
function heightFrom(tip: Bank, lowest: Bank, slot: number): number {
  let low = isAncestor(lowest, tip) ? lowest.height : tip.height;
  let high = tip.height + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((bankAtHeight(tip, middle)?.slot ?? 0) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

function showBlock(bank: Bank, config: Config) {
  const { transactionDetails = "full", rewards = true, encoding = "json", maxSupportedTransactionVersion } = config;
  const options: ShowOptions = {
    encoding: String(encoding),
    maxVersion: typeof maxSupportedTransactionVersion === "number" ? maxSupportedTransactionVersion : undefined,
  };
  return {
    previousBlockhash: bank.previousBlockhash,
    blockhash: bank.blockhash,
    parentSlot: bank.parentSlot,
    ...showTransactions(bank, String(transactionDetails), options),
    ...(rewards !== false && { rewards: showRewards(bank) }),
    blockTime: bank.time,
    blockHeight: bank.height,
  };
}

function showTransactions(bank: Bank, details: string, options: ShowOptions) {
  switch (details) {
    case "full":
    case "accounts":
      return { transactions: bank.transactions.map((transaction) => showTransaction(transaction, options, details)) };
    case "signatures":
      return { signatures: bank.transactions.map(({ wire }) => wire.signatures[0]) };
    case "none":
      return {};
    default:
      throw invalidParams(
        `Invalid params: unknown variant \`${details}\`, expected one of \`full\`, \`signatures\`, \`none\`, \`accounts\`.`,
      );
  }
}

function showRewards({ rewards }: Bank) {
  return rewards.map(({ pubkey, lamports, postBalance }) => ({
    pubkey,
    lamports,
    postBalance,
    rewardType: "Fee",
    commission: null,
  }));
}
