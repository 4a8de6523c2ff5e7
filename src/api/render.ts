import type { Agreement, ChainService, NodeStatus } from "../core/contracts/service.ts";
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

export function renderNode(service: ChainService, node: NodeStatus): NodeAnswer {
  const { name, operator, region, state, causes, clientVersion, tip, lastError, lastErrorAt } = node;
  return {
    chain: service.id,
    name,
    operator,
    region,
    state,
    causes: causes.map(redactUrls),
    clientVersion,
    tip: tip ? renderBlockRef(tip) : null,
    lastError: lastError === null ? null : redactUrls(lastError),
    lastErrorAt: lastErrorAt === null ? null : formatTime(lastErrorAt),
  };
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
