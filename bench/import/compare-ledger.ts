import type { ChainService } from "../../src/core/contracts/service.ts";
import type { LedgerView } from "../../src/core/contracts/store.ts";
import type { Account } from "../../src/core/model.ts";
import { parseBlock } from "../../src/plugins/bitcoin/codec/block.ts";
import { hashTransactions } from "../../src/plugins/bitcoin/codec/transaction-ids.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { accountOfScript } from "../../src/plugins/bitcoin/scripts/account.ts";
import { REGTEST } from "./block-builder.ts";
import { readChain } from "./chain-file.ts";
import type { ImportTask } from "./task.ts";

/** What an account holds, satoshi, and in how many unspent outputs. */
type Holding = { amount: bigint; outputs: number };

/**
 * Reads the chain again by the plainest of ways, and holds every account's balance and number of unspent outputs against
 * the ledger's. Pages of unspent outputs are read to their end for accounts of up to a page.
 * @returns what was compared, in words. Throws at the first difference
 */
export async function compareLedger(service: ChainService, task: ImportTask): Promise<string> {
  const { holdings, total } = readHoldings(task.path);
  using view = service.view();
  if (view?.position?.tip.hash !== task.chain.tip) throw new Error(`the ledger ends with ${view?.position?.tip.hash}`);
  let sum = 0n;
  let outputs = 0;
  for (const [account, expected] of holdings) {
    const balances = await view.balances(account);
    const amount = balances.reduce((all, entry) => all + entry.sum, 0n);
    const unspent = await sumUnspent(view, account);
    if (amount !== expected.amount || unspent.amount !== expected.amount || unspent.outputs !== expected.outputs) {
      throw new Error(
        `${account}: expected ${expected.amount} in ${expected.outputs} outputs, got ${amount}, and ${unspent.amount} in ${unspent.outputs}`,
      );
    }
    sum += amount;
    outputs += unspent.outputs;
  }
  if (sum !== total) throw new Error(`all balances are ${sum}, expected ${total}`);
  return `${holdings.size} accounts with ${sum} satoshi in ${outputs} unspent outputs, all as expected`;
}

const PAGE = 500;

async function sumUnspent(view: LedgerView, account: Account): Promise<Holding> {
  const sum: Holding = { amount: 0n, outputs: 0 };
  let after: Parameters<LedgerView["unspent"]>[1];
  do {
    const page = await view.unspent(account, after, PAGE);
    for (const { amount } of page.outputs) sum.amount += amount;
    sum.outputs += page.outputs.length;
    after = page.next;
  } while (after);
  return sum;
}

/** Every account that the chain ever paid, and what it holds at the end. */
function readHoldings(path: string): { readonly holdings: Map<Account, Holding>; readonly total: bigint } {
  const network = findNetwork(REGTEST) as BitcoinNetwork;
  const unspent = new Map<string, { readonly account: Account; readonly amount: bigint }>();
  const holdings = new Map<Account, Holding>();
  let total = 0n;
  let height = 0;
  for (const bytes of readChain(path)) {
    const { transactions: table, bytes: block } = parseBlock(bytes, network, `block ${height}`);
    const ids = hashTransactions(block, table);
    for (let i = 0; i < table.count && height > 0; i++) {
      for (let input = table.firstInput[i] as number; i > 0 && input < (table.firstInput[i + 1] as number); input++) {
        const at = table.outpoint[input] as number;
        const key = block.toString("latin1", at, at + 36);
        const spent = unspent.get(key);
        if (spent === undefined) throw new Error(`block ${height} spends what there is not`);
        unspent.delete(key);
        const holding = holdings.get(spent.account) as Holding;
        holding.amount -= spent.amount;
        holding.outputs--;
        total -= spent.amount;
      }
      const first = table.firstOutput[i] as number;
      for (let output = first; output < (table.firstOutput[i + 1] as number); output++) {
        const account = accountOfScript(
          block,
          table.scriptStart[output] as number,
          table.scriptEnd[output] as number,
          network,
        );
        if (account === null) continue;
        const amount = block.readBigUInt64LE(table.amount[output]);
        const holding = holdings.get(account) ?? { amount: 0n, outputs: 0 };
        holdings.set(account, holding);
        holding.amount += amount;
        holding.outputs++;
        total += amount;
        const position = Buffer.alloc(4);
        position.writeUInt32LE(output - first);
        unspent.set(ids.toString("latin1", i * 32, i * 32 + 32) + position.toString("latin1"), { account, amount });
      }
    }
    height++;
  }
  return { holdings, total };
}
