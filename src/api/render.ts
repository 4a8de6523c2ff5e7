import type { EvidenceCounts } from "../core/contracts/records.ts";
import type { Agreement, ChainService } from "../core/contracts/service.ts";
import { finalityAt } from "../core/contracts/service.ts";
import type { Position, StoredBlock } from "../core/contracts/store.ts";
import type { BlockRef } from "../core/model.ts";
import { redactUrls } from "./problem.ts";
import { formatTime, renderBlockRef } from "./render-block.ts";
import { renderConflict } from "./render-evidence.ts";
import type { BlockAnswer } from "./schemas/blocks.ts";
import type { ChainAnswer } from "./schemas/chains.ts";

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
  return {
    id: service.id,
    alias: service.alias ?? null,
    name: service.chain.info.name,
    family: service.family,
    scope: service.scope,
    watchedAccounts: service.watchlist?.count ?? null,
    capabilities: renderCapabilities(service),
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

/** What is answered here: less than the plugin can where the index began too late for it. */
function renderCapabilities({ capabilities, startHeight, knowsOutputs, pending }: ChainService) {
  const { historicalBalances, tokens, utxos } = capabilities;
  const known = startHeight === undefined || knowsOutputs;
  return { historicalBalances, tokens, utxos: utxos && known, pending: pending !== undefined };
}

function renderTip(tip: BlockRef & { readonly agreement: Agreement }): ChainAnswer["tip"] {
  return { ...renderBlockRef(tip), agreement: renderAgreement(tip.agreement) };
}
