import { type ChainService, finalityAt } from "../core/contracts/service.ts";
import type { FinalityMarks, StoredTransaction } from "../core/contracts/store.ts";
import type { Account, Fee, LedgerTransaction, Movement, TransactionOutput } from "../core/model.ts";
import { type AccountDirectory, formatAsset } from "./account-directory.ts";
import { formatTime } from "./render-block.ts";
import type { OutputAnswer } from "./schemas/outputs.ts";
import type { FeeAnswer, MovementAnswer, TransactionAnswer } from "./schemas/transactions.ts";

/** @param only shows this account's movements, inputs and outputs alone; undefined shows everybody's */
export function renderTransaction(
  service: ChainService,
  accounts: AccountDirectory,
  transaction: StoredTransaction,
  marks: FinalityMarks,
  only: Account | undefined,
): TransactionAnswer {
  const { id, index, status, fee, movements, block } = transaction;
  return {
    id,
    chain: service.id,
    height: block.height,
    blockHash: block.hash,
    index,
    time: formatTime(block.time),
    status,
    finality: finalityAt(block.height, marks),
    fee: fee && renderFee(service, accounts, fee),
    movements: renderMovements(service, accounts, movements, only),
    ...renderInputsAndOutputs(service, accounts, transaction, only),
  };
}

export function renderFee(service: ChainService, accounts: AccountDirectory, fee: Fee): FeeAnswer {
  const { payer, asset, amount } = fee;
  return {
    payer: accounts.format(service, payer),
    asset: formatAsset(service, asset),
    amount: amount.toString(),
  };
}

export function renderMovements(
  service: ChainService,
  accounts: AccountDirectory,
  movements: readonly Movement[],
  only: Account | undefined,
): MovementAnswer[] {
  return ofAccount(movements, only).map(({ account, asset, delta, kind }) => ({
    account: accounts.format(service, account),
    asset: formatAsset(service, asset),
    delta: delta.toString(),
    kind,
  }));
}

/** What the transaction takes and makes; nothing where the chain's coins are no outputs. */
export function renderInputsAndOutputs(
  service: ChainService,
  accounts: AccountDirectory,
  { outputs }: Pick<LedgerTransaction, "outputs">,
  only: Account | undefined,
): { inputs?: OutputAnswer[]; outputs?: OutputAnswer[] } {
  if (!service.capabilities.utxos) return {};
  const render = ({ id, account, asset, amount }: TransactionOutput): OutputAnswer => ({
    output: id,
    account: accounts.format(service, account),
    asset: formatAsset(service, asset),
    amount: amount.toString(),
  });
  return {
    inputs: ofAccount(outputs?.spends ?? [], only).map(render),
    outputs: ofAccount(outputs?.makes ?? [], only).map(render),
  };
}

function ofAccount<T extends { readonly account: Account }>(rows: readonly T[], only: Account | undefined) {
  return only === undefined ? rows : rows.filter(({ account }) => account === only);
}
