// Makes a history of token transfers on a running anvil whose accounts are unlocked and which mines on demand.
// Usage: node bench/evm-history.ts <url> [blocks 500] [transactions a block 20] [transfers a transaction 5]
import { fileURLToPath } from "node:url";
import { callData, creationData } from "../src/testing/evm/contracts.ts";
import { NodeClient, type RpcCall } from "../src/testing/evm/node-client.ts";

export type HistorySize = {
  readonly blocks: number;
  /** Transactions of one block. */
  readonly transactions: number;
  /** ERC-20 transfers of one transaction. */
  readonly transfers: number;
};

export type History = {
  /** The newest block's height. */
  readonly head: number;
  /** The ERC-20 contracts. */
  readonly tokens: readonly string[];
  /** Accounts that send, and so hold tokens for certain. */
  readonly senders: readonly string[];
  /** Transfer events in the whole history, the first mints included. */
  readonly transfers: number;
};

const TOKENS = 4;
/** Receivers are drawn from so many addresses: enough that most of a block's balances are others than the last one's. */
const RECEIVERS = 5_000;
const GAS_PRICE = `0x${(30n * 10n ** 9n).toString(16)}`;

/** @throws HeadwaterError `test-node-failed` when the node refuses a step */
export async function makeHistory(client: NodeClient, size: HistorySize): Promise<History> {
  const senders = (await client.call("eth_accounts")) as string[];
  const first = senders[0] as string;
  const data = creationData("Erc20", "Bench Token", "BENCH", 18);
  const created = await mine(
    client,
    Array.from({ length: TOKENS }, () => send(first, undefined, data, 2_000_000)),
  );
  const receipts = await client.batch(created.map((id) => ({ method: "eth_getTransactionReceipt", params: [id] })));
  const tokens = (receipts as { contractAddress: string }[]).map(({ contractAddress }) => contractAddress);
  for (const token of tokens) {
    const mints = senders.map((owner) => send(owner, token, callData("Erc20", "mint", owner, 10n ** 30n), 200_000));
    await mine(client, mints);
  }
  let seed = 0;
  for (let block = 0; block < size.blocks; block++) {
    const calls: RpcCall[] = [];
    for (let i = 0; i < size.transactions; i++) {
      const spread = callData("Erc20", "spread", seed, size.transfers, RECEIVERS);
      const token = tokens[(block + i) % tokens.length] as string;
      calls.push(send(senders[i % senders.length] as string, token, spread, 100_000 + 60_000 * size.transfers));
      seed += size.transfers;
    }
    await mine(client, calls);
  }
  const head = Number(await client.call("eth_blockNumber"));
  const transfers = size.blocks * size.transactions * size.transfers + senders.length * tokens.length;
  return { head, tokens, senders, transfers };
}

function send(from: string, to: string | undefined, data: string, gas: number): RpcCall {
  const call = { from, data, gas: `0x${gas.toString(16)}`, gasPrice: GAS_PRICE };
  return { method: "eth_sendTransaction", params: [to === undefined ? call : { ...call, to }] };
}

/** Mines one block with these transactions and makes sure that it holds them all. */
async function mine(client: NodeClient, calls: readonly RpcCall[]): Promise<string[]> {
  const ids = (await client.batch(calls)) as string[];
  const [block] = (await client.call("evm_mine_detailed")) as { number: string; transactions: unknown[] }[];
  if (block?.transactions.length !== ids.length) throw new Error(`block ${block?.number}: transactions are missing`);
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, blocks = "500", transactions = "20", transfers = "5"] = process.argv.slice(2);
  if (url === undefined) throw new Error("expected the URL of an anvil");
  const size = { blocks: Number(blocks), transactions: Number(transactions), transfers: Number(transfers) };
  console.log(JSON.stringify(await makeHistory(new NodeClient(url), size)));
}
