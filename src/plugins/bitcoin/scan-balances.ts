import type { BalanceQuery, CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Account, Asset, BlockRef } from "../../core/model.ts";
import { readAnswer } from "../json-rpc/answers.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import type { RpcCall } from "../json-rpc/messages.ts";
import type { Dialect } from "./dialect.ts";
import { quoteAmounts, readCoins } from "./exact-amounts.ts";
import { classifyRpcError, isRefused } from "./rpc-errors.ts";
import { RpcShape } from "./rpc-shape.ts";
import { scriptOfAccount } from "./scripts/account.ts";

const SCAN_ID = 1;

/**
 * Balances that a node finds by going through all its unspent outputs: seconds on a small chain, minutes on a large one. It
 * does so at its own tip only, and one scan at a time.
 */
export class BalanceScans {
  readonly #client: JsonRpcClient;
  readonly #dialect: Dialect;
  readonly #asset: Asset;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: JsonRpcClient, dialect: Dialect, asset: Asset) {
    this.#client = client;
    this.#dialect = dialect;
    this.#asset = asset;
  }

  /**
   * Balances after the block, in the order asked. Null for an account that is known by its script's hash alone, which no node
   * can look for. Method: scantxoutset.
   * @throws HeadwaterError `node-wrong-block` when the node's tip is another block, `node-method-unsupported`
   */
  async read(queries: readonly BalanceQuery[], at: BlockRef, options?: CallOptions): Promise<(bigint | null)[]> {
    const foreign = queries.find(({ asset }) => asset !== this.#asset);
    if (foreign) throw new HeadwaterError("invalid-asset", `this chain has one asset, ${this.#asset}`);
    const accounts = [...new Set(queries.map(({ account }) => account))];
    const scripts = accounts.map(scriptOfAccount).filter((script) => script !== undefined);
    const sums = scripts.length === 0 ? new Map<Account, bigint>() : await this.#inTurn(scripts, at, options);
    return queries.map(({ account }) => {
      return scriptOfAccount(account) === undefined ? null : (sums.get(account) ?? 0n);
    });
  }

  async #inTurn(scripts: readonly string[], at: BlockRef, options?: CallOptions): Promise<Map<string, bigint>> {
    const turn = this.#last.then(() => {
      options?.signal?.throwIfAborted();
      return this.#scan(scripts, at, options);
    });
    // Whoever comes next waits for the end of this scan and not for its success.
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  async #ask(call: RpcCall, options?: CallOptions): Promise<unknown> {
    try {
      const bytes = await this.#client.postCall(call, SCAN_ID, options);
      const asked = { node: this.#client.node, method: call.method, classify: classifyRpcError };
      return readAnswer(quoteAmounts(bytes), SCAN_ID, asked);
    } catch (error) {
      if (isRefused(error)) this.#dialect.noteNoScanning();
      throw error;
    }
  }

  async #scan(scripts: readonly string[], at: BlockRef, options?: CallOptions): Promise<Map<string, bigint>> {
    const { node } = this.#client;
    if (!this.#dialect.scans) {
      throw new HeadwaterError("node-method-unsupported", `node ${node}: it is not asked to scan its unspent outputs`, {
        details: { node },
      });
    }
    const call = this.#dialect.scan(scripts.map((script) => `raw(${script})`));
    const shape = new RpcShape(node, call.method);
    const found = shape.record(await this.#ask(call, options), "the answer");
    if (found["success"] !== true) throw shape.refuse("success", "true", found["success"]);
    const scanned = shape.hash(found["bestblock"], "bestblock");
    if (scanned !== at.hash) {
      const text = `node ${node}, ${call.method}: it scans at its tip, ${scanned}, which is not block ${at.hash}`;
      throw new HeadwaterError("node-wrong-block", text, { details: { node, asked: at.hash, hash: scanned } });
    }
    const sums = new Map<string, bigint>();
    for (const [i, entry] of shape.list(found["unspents"], "unspents").entries()) {
      const output = shape.record(entry, `unspents[${i}]`);
      const script = shape.hex(output["scriptPubKey"], `unspents[${i}].scriptPubKey`).toLowerCase();
      const amount = readCoins(output["amount"], `unspents[${i}].amount`, shape);
      sums.set(script, (sums.get(script) ?? 0n) + amount);
    }
    return sums;
  }
}
