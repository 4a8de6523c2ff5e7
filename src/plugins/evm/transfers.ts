import type { Account, Asset, Movement } from "../../core/model.ts";
import { ZERO_ACCOUNT } from "./account.ts";
import { erc20Asset, erc721Asset, erc1155Asset } from "./assets.ts";
import type { RpcLog } from "./raw.ts";
import { remember } from "./remember.ts";

// keccak256 of the events' signatures, as in ERC-20 and ERC-721, ERC-1155, and the wrapped coin known as WETH9.
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const TRANSFER_SINGLE = "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62";
const TRANSFER_BATCH = "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb";
const DEPOSIT = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c";
const WITHDRAWAL = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65";

const WORD_DIGITS = 64;
const ADDRESS_PADDING = `0x${"0".repeat(24)}`;

/**
 * Appends the token movements that a transaction's logs tell of, in their order: ERC-20 and ERC-721 `Transfer`, ERC-1155
 * `TransferSingle` and `TransferBatch`, and the wrapping events of `wrappers`. From the zero address it is a mint, to it
 * a burn. Any contract may log anything: what is not exactly of a standard's form is left out, and nothing throws.
 */
export function appendTokenMovements(into: Movement[], logs: readonly RpcLog[], wrappers: ReadonlySet<Account>): void {
  for (const log of logs) {
    switch (log.topics[0]) {
      case TRANSFER:
        if (log.topics.length === 3) appendErc20(into, log);
        else if (log.topics.length === 4) appendErc721(into, log);
        break;
      case TRANSFER_SINGLE:
        appendSingle(into, log);
        break;
      case TRANSFER_BATCH:
        appendBatch(into, log);
        break;
      case DEPOSIT:
      case WITHDRAWAL:
        if (wrappers.has(log.address)) appendWrapping(into, log);
        break;
      default:
    }
  }
}

function appendErc20(into: Movement[], { address, topics, data }: RpcLog): void {
  const from = readAddress(topics[1]);
  const to = readAddress(topics[2]);
  if (from === undefined || to === undefined || data.length !== 2 + WORD_DIGITS) return;
  appendTransfer(into, assetOf(address), from, to, BigInt(data));
}

function appendErc721(into: Movement[], { address, topics, data }: RpcLog): void {
  const from = readAddress(topics[1]);
  const to = readAddress(topics[2]);
  if (from === undefined || to === undefined || data !== "0x") return;
  appendTransfer(into, erc721Asset(address, BigInt(topics[3] as string)), from, to, 1n);
}

function appendSingle(into: Movement[], { address, topics, data }: RpcLog): void {
  const from = readAddress(topics[2]);
  const to = readAddress(topics[3]);
  if (topics.length !== 4 || from === undefined || to === undefined || data.length !== 2 + 2 * WORD_DIGITS) return;
  appendTransfer(into, erc1155Asset(address, readWord(data, 0)), from, to, readWord(data, 1));
}

function appendBatch(into: Movement[], { address, topics, data }: RpcLog): void {
  const from = readAddress(topics[2]);
  const to = readAddress(topics[3]);
  if (topics.length !== 4 || from === undefined || to === undefined) return;
  const ids = readArray(data, 0);
  const values = readArray(data, 1);
  if (ids === undefined || values === undefined || ids.length !== values.length) return;
  for (const [i, id] of ids.entries()) {
    appendTransfer(into, erc1155Asset(address, id), from, to, values[i] as bigint);
  }
}

/** WETH9 changes `balanceOf` when it wraps and unwraps, and tells of it by these events alone. */
function appendWrapping(into: Movement[], { address, topics, data }: RpcLog): void {
  const account = readAddress(topics[1]);
  if (topics.length !== 2 || account === undefined || data.length !== 2 + WORD_DIGITS) return;
  const amount = BigInt(data);
  if (amount === 0n) return;
  const asset = assetOf(address);
  if (topics[0] === DEPOSIT) into.push({ account, asset, delta: amount, kind: "mint" });
  else into.push({ account, asset, delta: -amount, kind: "burn" });
}

function appendTransfer(into: Movement[], asset: Asset, from: Account, to: Account, amount: bigint): void {
  if (amount === 0n) return;
  const minted = from === ZERO_ACCOUNT;
  const burnt = to === ZERO_ACCOUNT;
  if (minted && burnt) return;
  if (!minted) into.push({ account: from, asset, delta: -amount, kind: burnt ? "burn" : "transfer" });
  if (!burnt) into.push({ account: to, asset, delta: amount, kind: minted ? "mint" : "transfer" });
}

/** The address in a topic, or undefined where the upper bytes say that it holds something else. */
function readAddress(topic: string | undefined): Account | undefined {
  return topic?.startsWith(ADDRESS_PADDING) ? accountIn(topic) : undefined;
}

// The same text objects each time: what counts by account and asset then need not hash them anew.
const assetOf = remember(erc20Asset);
const accountIn = remember((topic): Account => `0x${topic.slice(26)}`);

/** The 32-byte word at `index` of data that is long enough. */
function readWord(data: string, index: number): bigint {
  const start = 2 + index * WORD_DIGITS;
  return BigInt(`0x${data.slice(start, start + WORD_DIGITS)}`);
}

/**
 * The `uint256[]` whose offset stands in word `slot` of ABI-encoded data, or undefined where it does not fit into the
 * data or does not start at a word. The data's own length bounds what is read, whatever length it claims.
 */
function readArray(data: string, slot: number): bigint[] | undefined {
  const words = Math.floor((data.length - 2) / WORD_DIGITS);
  if (words < 2) return undefined;
  const offset = readWord(data, slot);
  if (offset % 32n !== 0n || offset / 32n >= BigInt(words)) return undefined;
  const start = Number(offset / 32n) + 1;
  const length = readWord(data, start - 1);
  if (length > BigInt(words - start)) return undefined;
  return Array.from({ length: Number(length) }, (_, i) => readWord(data, start + i));
}
