import { Block } from "bitcoinjs-lib/src/block";
import { Transaction } from "bitcoinjs-lib/src/transaction";
import type { Alteration, DialectCall } from "../faulty-node/fault-dialect.ts";

type Json = Readonly<Record<string, unknown>>;

/** An answer with a lie in it; undefined where there is nothing to lie about. Serialized blocks keep their header. */
export function alterAnswer(call: DialectCall, result: unknown, how: Alteration): unknown {
  switch (how) {
    case "wrong-chain":
      return alterChain(call, result);
    case "changed-balance":
      return alterBalance(call, result);
    case "changed-movement":
      return alterTransactions(call, result, (transaction) => {
        const [output] = transaction.outs;
        if (output) output.value = output.value === 0n ? 1n : output.value - 1n;
      });
    case "missing-movement":
      return alterTransactions(call, result, (transaction) => void transaction.outs.pop());
  }
}

/** The hash of block 0, of which a chain's id is the first half. */
function alterChain({ method, params }: DialectCall, result: unknown): unknown {
  if (method === "getblockchaininfo") return { ...(result as Json), chain: "main" };
  if (method !== "getblockhash" || params[0] !== 0 || typeof result !== "string") return undefined;
  return (result.startsWith("f") ? "0" : "f") + result.slice(1);
}

/** One coin more: of what is found, or where nothing is. */
function alterBalance({ method, params }: DialectCall, result: unknown): unknown {
  if (typeof result !== "object" || result === null) return undefined;
  const json = result as Json;
  if (method === "gettxout") return { ...json, value: Number(json["value"]) + 1 };
  if (method === "gettxoutsetinfo") return { ...json, total_amount: Number(json["total_amount"]) + 1 };
  if (method !== "scantxoutset" || !Array.isArray(json["unspents"])) return undefined;
  const scriptPubKey = /^raw\(([0-9a-f]*)\)/i.exec(String((params[1] as unknown[] | undefined)?.[0]))?.[1];
  if (scriptPubKey === undefined) return undefined;
  const invented = { txid: "f".repeat(64), vout: 0, scriptPubKey, amount: 1, height: json["height"] };
  return {
    ...json,
    unspents: [...(json["unspents"] as unknown[]), invented],
    total_amount: Number(json["total_amount"]) + 1,
  };
}

/** A serialized block with its last transaction changed, or a serialized transaction of its own. */
function alterTransactions(
  { method, params }: DialectCall,
  result: unknown,
  change: (transaction: Transaction) => void,
): unknown {
  if (method === "getrawtransaction" && typeof result === "string") return alterRaw(result, change);
  if (method !== "getblock") return undefined;
  if (typeof result === "string") return alterBlock(result, change);
  const { tx } = (result ?? {}) as { readonly tx?: readonly unknown[] };
  const last = tx?.at(-1);
  // A list of ids alone moves nothing.
  if (!tx || typeof last !== "object" || last === null || Number(params[1]) < 2) return undefined;
  return { ...(result as Json), tx: tx.with(-1, alterOutputs(last as Json)) };
}

function alterOutputs(transaction: Json): Json {
  const [first, ...rest] = (transaction["vout"] ?? []) as readonly Json[];
  return first ? { ...transaction, vout: [{ ...first, value: Number(first["value"]) + 1 }, ...rest] } : transaction;
}

function alterRaw(hex: string, change: (transaction: Transaction) => void): string | undefined {
  try {
    const transaction = Transaction.fromHex(hex);
    change(transaction);
    return transaction.toHex();
  } catch {
    // Of a form that only some networks have: then it is left as it is.
    return undefined;
  }
}

function alterBlock(hex: string, change: (transaction: Transaction) => void): string | undefined {
  try {
    const block = Block.fromHex(hex);
    const last = block.transactions?.at(-1);
    if (!last) return undefined;
    change(last);
    return block.toHex();
  } catch {
    // As above: merged mining, extension blocks.
    return undefined;
  }
}
