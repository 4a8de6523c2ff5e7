import type { Coin } from "../coins.ts";
import type { Outpoint } from "../parsed.ts";
import { isUnspendable, RPC_CODES, refuse } from "../rules.ts";
import { scriptOf } from "./addresses.ts";
import { coinsJson, type RpcMethods, readText, readWhole } from "./method.ts";
import { showScript } from "./show-transaction.ts";

export const OUTPUT_METHODS: RpcMethods = {
  gettxout: ({ tree, mempool }, [id, n, includeMempool = true]) => {
    const outpoint = `${readText(id)}:${readWhole(n)}`;
    const bestblock = tree.tip.hash;
    if (includeMempool === true) {
      if (mempool.spenderOf(outpoint)) return null;
      const output = mempool.get(readText(id))?.transaction.outs[readWhole(n)];
      if (output && !isUnspendable(output.script)) {
        const { value, script } = output;
        return {
          bestblock,
          confirmations: 0,
          value: coinsJson(value),
          scriptPubKey: showScript(script),
          coinbase: false,
        };
      }
    }
    const coin = tree.coins.get(outpoint);
    if (!coin) return null;
    const { amount, script, height, coinbase } = coin;
    const confirmations = tree.tip.height - height + 1;
    return { bestblock, confirmations, value: coinsJson(amount), scriptPubKey: showScript(script), coinbase };
  },
  gettxoutsetinfo: ({ tree }) => {
    const coins = [...tree.coins.entries()];
    return {
      height: tree.tip.height,
      bestblock: tree.tip.hash,
      transactions: new Set(coins.map(([outpoint]) => outpoint.slice(0, 64))).size,
      txouts: coins.length,
      total_amount: coinsJson(sum(coins)),
    };
  },
  scantxoutset: ({ tree }, [action, objects]) => {
    if (action === "status" || action === "abort") return action === "abort" ? false : null;
    if (action !== "start" || !Array.isArray(objects)) {
      throw refuse(RPC_CODES.invalidParameter, "scanobjects argument is required for the start action");
    }
    const scripts = new Map((objects as unknown[]).map((each) => readDescriptor(each)));
    const found = [...tree.coins.entries()].filter(([, { script }]) => scripts.has(keyOf(script)));
    return {
      success: true,
      txouts: tree.coins.size,
      height: tree.tip.height,
      bestblock: tree.tip.hash,
      unspents: found.map(([outpoint, { amount, script, height, coinbase }]) => ({
        txid: outpoint.slice(0, 64),
        vout: Number(outpoint.slice(65)),
        scriptPubKey: keyOf(script),
        desc: scripts.get(keyOf(script)),
        amount: coinsJson(amount),
        coinbase,
        height,
      })),
      total_amount: coinsJson(sum(found)),
    };
  },
};

function sum(coins: readonly [Outpoint, Coin][]): bigint {
  return coins.reduce((total, [, { amount }]) => total + amount, 0n);
}

function keyOf(script: Uint8Array): string {
  return Buffer.from(script).toString("hex");
}

/** Of output descriptors those that name one script: `raw(<hex>)` and `addr(<address>)`, with or without a checksum. */
function readDescriptor(value: unknown): [script: string, descriptor: string] {
  const text = typeof value === "object" && value !== null && "desc" in value ? readText(value.desc) : readText(value);
  const [, form, inner = ""] = /^(raw|addr)\(([^)]*)\)(?:#.{8})?$/.exec(text) ?? [];
  if (form === "raw" && /^([0-9a-f]{2})*$/i.test(inner)) return [inner.toLowerCase(), text];
  if (form === "addr") return [keyOf(scriptOf(inner)), text];
  throw refuse(RPC_CODES.invalidAddressOrKey, `The stand-in reads raw() and addr() descriptors only, not ${text}`);
}
