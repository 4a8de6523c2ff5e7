import type { TreeBlock } from "../block-tree.ts";
import type { Coin } from "../coins.ts";
import type { Outpoint, ParsedTransaction } from "../parsed.ts";
import { describeScript } from "./addresses.ts";
import { coinsJson } from "./method.ts";

export type ShowOptions = {
  /** What the block spent of earlier blocks; with it the fee is told where all inputs are known. */
  readonly undo?: ReadonlyMap<Outpoint, Coin>;
  readonly block?: TreeBlock;
  /** Whether each input tells the output that it spends (`prevout`). */
  readonly withPrevious?: boolean;
  readonly withHex?: boolean;
};

/** A transaction as nodes show it decoded. */
export function showTransaction(parsed: ParsedTransaction, options: ShowOptions = {}): Record<string, unknown> {
  const { id, hex, transaction, isCoinbase } = parsed;
  const spent = isCoinbase ? [] : findSpent(parsed, options);
  const fee = spent.every((coin) => coin !== undefined)
    ? spent.reduce((sum, { amount }) => sum + amount, 0n) - transaction.outs.reduce((sum, { value }) => sum + value, 0n)
    : undefined;
  return {
    txid: id,
    hash: Buffer.from(transaction.getHash(true)).reverse().toString("hex"),
    version: transaction.version,
    size: hex.length / 2,
    vsize: parsed.size,
    weight: transaction.weight(),
    locktime: transaction.locktime,
    vin: transaction.ins.map((_, i) => showInput(parsed, i, options.withPrevious ? spent[i] : undefined)),
    vout: transaction.outs.map(({ value, script }, n) => ({
      value: coinsJson(value),
      n,
      scriptPubKey: showScript(script),
    })),
    ...(!isCoinbase && options.undo && fee !== undefined && { fee: coinsJson(fee) }),
    ...(options.withHex && { hex }),
  };
}

export function showScript(script: Uint8Array) {
  return { hex: Buffer.from(script).toString("hex"), ...describeScript(script) };
}

function showInput({ transaction, spends, isCoinbase }: ParsedTransaction, i: number, previous: Coin | undefined) {
  const { script, sequence, witness } = transaction.ins[i] as (typeof transaction.ins)[number];
  const hex = Buffer.from(script).toString("hex");
  const txinwitness = witness.map((item) => Buffer.from(item).toString("hex"));
  const witnessed = txinwitness.length > 0 && { txinwitness };
  if (isCoinbase) return { coinbase: hex, ...witnessed, sequence };
  const outpoint = spends[i] as Outpoint;
  return {
    txid: outpoint.slice(0, 64),
    vout: Number(outpoint.slice(65)),
    scriptSig: { hex },
    ...witnessed,
    ...(previous && {
      prevout: {
        generated: previous.coinbase,
        height: previous.height,
        value: coinsJson(previous.amount),
        scriptPubKey: showScript(previous.script),
      },
    }),
    sequence,
  };
}

/** The outputs that it spends: of earlier blocks, or made by a transaction before it in the same block. */
function findSpent({ spends }: ParsedTransaction, { undo, block }: ShowOptions): (Coin | undefined)[] {
  return spends.map((outpoint) => {
    const coin = undo?.get(outpoint);
    if (coin || !block) return coin;
    const maker = block.transactions.find(({ id }) => outpoint.startsWith(id));
    const output = maker?.transaction.outs[Number(outpoint.slice(65))];
    if (!output || !maker) return undefined;
    return { amount: output.value, script: output.script, height: block.height, coinbase: maker.isCoinbase };
  });
}
