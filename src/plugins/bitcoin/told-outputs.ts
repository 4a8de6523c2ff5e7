import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import { readAnswer } from "../json-rpc/answers.ts";
import { factsOf } from "./block-facts.ts";
import { quoteAmounts, readCoins } from "./exact-amounts.ts";
import { findInMakers } from "./makers.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import { partOf } from "./raw-parts.ts";
import type { BitcoinBlock } from "./read-block.ts";
import { classifyRpcError } from "./rpc-errors.ts";
import { RpcShape } from "./rpc-shape.ts";
import { accountOfHex } from "./scripts/account.ts";
import { type FindSpent, resolveSpent, type SpentOutput } from "./spent-outputs.ts";
import type { SpentKnowledge } from "./verify/verify-block.ts";

/** The id of the request whose answer tells what the block spends. */
export const TOLD_ANSWER_ID = 2;

const METHOD = "getblock";

/**
 * What a node says that each input of the block spends: `getblock` with verbosity 3. It must tell of this very block, input
 * by input; what the outputs are worth and whose they are stays its word.
 * @returns by the number of the input; undefined where the node tells nothing of it
 * @throws HeadwaterError `node-bad-response`, IntegrityViolation when it tells of another transaction or input
 */
function readTold(
  answer: Uint8Array,
  node: string,
  block: BitcoinBlock,
  network: BitcoinNetwork,
): (SpentOutput | undefined)[] {
  const shape = new RpcShape(node, METHOD);
  const asked = { node, method: METHOD, classify: classifyRpcError };
  const told = shape.record(readAnswer(quoteAmounts(answer), TOLD_ANSWER_ID, asked), "the block");
  const { transactionIds, inputs } = factsOf(block, network);
  const { firstInput } = block.transactions;
  const transactions = shape.list(told["tx"], "tx");
  if (transactions.length !== transactionIds.length) {
    throw violation(block, "told transactions", `${transactionIds.length}`, `${transactions.length}`);
  }
  const spent: (SpentOutput | undefined)[] = [undefined];
  for (const [i, entry] of transactions.entries()) {
    const transaction = shape.record(entry, `tx[${i}]`);
    const id = transactionIds[i] as string;
    if (transaction["txid"] !== id) throw violation(block, `told transaction ${i}`, id, String(transaction["txid"]));
    if (i === 0) continue;
    const vin = shape.list(transaction["vin"], `tx[${i}].vin`);
    const first = firstInput[i] as number;
    const count = (firstInput[i + 1] as number) - first;
    if (vin.length !== count) throw violation(block, `told inputs of ${id}`, `${count}`, `${vin.length}`);
    for (const [j, told] of vin.entries()) {
      const input = shape.record(told, `tx[${i}].vin[${j}]`);
      const actual = `${input["txid"]}:${input["vout"]}`;
      const expected = inputs.ids[first + j] as string;
      if (actual !== expected) throw violation(block, `told input ${j} of ${id}`, expected, actual);
      const { prevout } = input as { prevout?: unknown };
      spent.push(
        prevout === undefined ? undefined : readPrevout(prevout, `tx[${i}].vin[${j}].prevout`, network, shape),
      );
    }
  }
  return spent;
}

function readPrevout(told: unknown, path: string, network: BitcoinNetwork, shape: RpcShape): SpentOutput {
  const prevout = shape.record(told, path);
  const script = shape.hex(
    shape.record(prevout["scriptPubKey"], `${path}.scriptPubKey`)["hex"],
    `${path}.scriptPubKey.hex`,
  );
  const { generated, height } = prevout as { generated?: unknown; height?: unknown };
  return {
    account: accountOfHex(script, network),
    amount: readCoins(prevout["value"], `${path}.value`, shape),
    ...(typeof generated === "boolean" && { coinbase: generated }),
    ...(Number.isSafeInteger(height) && { height: height as number }),
  };
}

function violation({ where }: BitcoinBlock, field: string, expected: string, actual: string): IntegrityViolation {
  return new IntegrityViolation(field, expected, actual, where);
}

const resolved = new WeakMap<BitcoinBlock, SpentKnowledge>();

/**
 * What each input of a block spends, from what came with the block: a node's word, or the transactions themselves. Worked out
 * once a block.
 * @throws HeadwaterError `node-bad-response`, IntegrityViolation
 */
export function resolveTold(raw: RawBlock, block: BitcoinBlock, network: BitcoinNetwork): SpentKnowledge {
  const before = resolved.get(block);
  if (before) return before;
  const [told, made] = [partOf(raw, "told"), partOf(raw, "made")];
  if (told === undefined && made === undefined) {
    throw new HeadwaterError("node-bad-response", `node ${raw.node}: nothing came that tells what the block spends`);
  }
  const find = made ? findInMakers(made, raw.node, block, network) : findTold(told as Buffer, raw.node, block, network);
  const known: SpentKnowledge = {
    outputs: resolveSpent(block, network, find),
    source: made ? "transactions" : "node",
  };
  resolved.set(block, known);
  return known;
}

function findTold(told: Buffer, node: string, block: BitcoinBlock, network: BitcoinNetwork): FindSpent {
  const outputs = readTold(told, node, block, network);
  return (_block, input) => {
    const output = outputs[input];
    if (output) return output;
    // Nodes leave it out, without a word, for blocks of which they have dropped what they spent.
    throw new HeadwaterError(
      "node-history-pruned",
      `node ${node}, ${METHOD}: it does not tell what input ${input} spends`,
      {
        details: { node, method: METHOD, height: block.ref.height },
      },
    );
  };
}
