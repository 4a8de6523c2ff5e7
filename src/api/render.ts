import type { EvidenceCounts } from "../core/contracts/records.ts";
import type { Agreement, ChainService } from "../core/contracts/service.ts";
import { finalityAt } from "../core/contracts/service.ts";
import type { FinalityMarks, Position, StoredBlock, StoredTransaction } from "../core/contracts/store.ts";
import type { Account, BlockRef } from "../core/model.ts";
import { type AccountDirectory, formatAsset } from "./account-directory.ts";
import { redactUrls } from "./problem.ts";
import { formatTime, renderBlockRef } from "./render-block.ts";
import { renderConflict } from "./render-evidence.ts";
import type { BlockAnswer } from "./schemas/blocks.ts";
import type { ChainAnswer } from "./schemas/chains.ts";
import type { TransactionAnswer } from "./schemas/transactions.ts";

export function renderAgreement({ operators, required, regions }: Agreement): BlockAnswer["agreement"] {
  return { operators, required, regions: [...regions] };
}

export function renderBlock(service: ChainService, block: StoredBlock, position: Position): BlockAnswer {
  return {
    chain: service.id,
    ...renderBlockRef(block.ref),
    transactions: block.transactions,
    finality: finalityAt(block.ref.height, position),
    agreement: renderAgreement(service.agreementOf(block.ref)),
    digest: block.digest,
  };
}

/** @param position undefined while nothing is indexed */
export function renderChain(
  service: ChainService,
  position: Position | undefined,
  evidence: EvidenceCounts,
): ChainAnswer {
  const { state, since, reason, lagBlocks, lagSeconds, tipAgeSeconds, tip, agreedTip } = service.status();
  const { conflict } = service;
  const { historicalBalances, tokens, utxos } = service.capabilities;
  return {
    id: service.id,
    alias: service.alias ?? null,
    name: service.chain.info.name,
    family: service.family,
    capabilities: { historicalBalances, tokens, utxos },
    sync: {
      state,
      since: formatTime(since),
      reason: reason === null ? null : redactUrls(reason),
      lag: { blocks: lagBlocks, seconds: lagSeconds },
      tipAgeSeconds,
    },
    indexed: position ? renderBlockRef(position.tip) : null,
    tip: tip && renderTip(tip),
    agreedTip: agreedTip && renderTip(agreedTip),
    safe: position?.safe ? renderBlockRef(position.safe) : null,
    finalized: position?.finalized ? renderBlockRef(position.finalized) : null,
    evidence: { total: Object.values(evidence).reduce((sum, count) => sum + count, 0), ...evidence },
    conflict: conflict ? renderConflict(conflict) : null,
  };
}

function renderTip(tip: BlockRef & { readonly agreement: Agreement }): ChainAnswer["tip"] {
  return { ...renderBlockRef(tip), agreement: renderAgreement(tip.agreement) };
}

/** @param only shows this account's movements alone; undefined shows everybody's */
export function renderTransaction(
  service: ChainService,
  accounts: AccountDirectory,
  transaction: StoredTransaction,
  marks: FinalityMarks,
  only: Account | undefined,
): TransactionAnswer {
  const { id, index, status, fee, block } = transaction;
  const shown =
    only === undefined ? transaction.movements : transaction.movements.filter(({ account }) => account === only);
  return {
    id,
    chain: service.id,
    height: block.height,
    blockHash: block.hash,
    index,
    time: formatTime(block.time),
    status,
    finality: finalityAt(block.height, marks),
    fee: fee && {
      payer: accounts.format(service, fee.payer),
      asset: formatAsset(service, fee.asset),
      amount: fee.amount.toString(),
    },
    movements: shown.map(({ account, asset, delta, kind }) => ({
      account: accounts.format(service, account),
      asset: formatAsset(service, asset),
      delta: delta.toString(),
      kind,
    })),
  };
}
