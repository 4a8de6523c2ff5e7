import type { Agreement, ChainService, NodeStatus, Quantiles } from "../core/contracts/service.ts";
import { finalityAt } from "../core/contracts/service.ts";
import type { FinalityMarks, Position, StoredBlock, StoredTransaction } from "../core/contracts/store.ts";
import type { Account, BlockRef } from "../core/model.ts";
import { type AccountDirectory, formatAsset } from "./account-directory.ts";
import { redactUrls } from "./problem.ts";
import type { BlockAnswer, BlockRefAnswer } from "./schemas/blocks.ts";
import type { ChainAnswer, NodeAnswer } from "./schemas/chains.ts";
import type { TransactionAnswer } from "./schemas/transactions.ts";

/** ISO 8601 in UTC. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

function renderBlockRef(ref: BlockRef): BlockRefAnswer {
  const { height, hash, parentHash, parentHeight, time } = ref;
  return { height, hash, parentHash, parentHeight, time: formatTime(time) };
}

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
export function renderChain(service: ChainService, position: Position | undefined): ChainAnswer {
  const { state, since, reason, lagBlocks, lagSeconds, tipAgeSeconds, tip } = service.status();
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
    tip: tip ? { ...renderBlockRef(tip), agreement: renderAgreement(tip.agreement) } : null,
    safe: position?.safe ? renderBlockRef(position.safe) : null,
    finalized: position?.finalized ? renderBlockRef(position.finalized) : null,
  };
}

/** Member by member: an answer shows what its schema says, whatever else a node's status may come to hold. */
export function renderNode(service: ChainService, node: NodeStatus): NodeAnswer {
  const { cordon, since, tip, lastError, lastErrorAt } = node;
  return {
    chain: service.id,
    name: node.name,
    operator: node.operator,
    region: node.region,
    state: node.state,
    causes: node.causes.map(redactUrls),
    lastResort: node.lastResort,
    since: since === null ? null : formatTime(since),
    cordon: cordon && { since: formatTime(cordon.since), reason: cordon.reason },
    clientVersion: node.clientVersion,
    tip: tip ? renderBlockRef(tip) : null,
    lag: { blocks: node.lagBlocks, seconds: node.lagSeconds },
    latencyMs: renderQuantiles(node.latencyMs),
    jitterMs: node.jitterMs,
    firstSeenDeltaMs: renderQuantiles(node.firstSeenDeltaMs),
    errorRate: node.errorRate,
    throttleRate: node.throttleRate,
    allowedRequestsPerSecond: node.allowedRequestsPerSecond,
    queue: node.queue && { waiting: node.queue.waiting, running: node.queue.running },
    breaker: node.breaker,
    servesFromHeight: node.servesFromHeight,
    feed: node.feed,
    lastError: lastError === null ? null : redactUrls(lastError),
    lastErrorAt: lastErrorAt === null ? null : formatTime(lastErrorAt),
  };
}

function renderQuantiles(quantiles: Quantiles | null): NodeAnswer["latencyMs"] {
  return quantiles && { p50: quantiles.p50, p95: quantiles.p95 };
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
