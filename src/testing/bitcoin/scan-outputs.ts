import { HeadwaterError } from "../../core/errors.ts";
import { pollUntil } from "../poll-until.ts";
import type { RegtestNode } from "./regtest-node.ts";

/** What a node finds among its unspent outputs. */
export type OutputScan = {
  readonly height: number;
  readonly bestblock: string;
  readonly unspents: readonly FoundOutput[];
  /** In coins. */
  readonly total_amount: number;
};

export type FoundOutput = {
  readonly txid: string;
  readonly vout: number;
  /** Hex. */
  readonly scriptPubKey: string;
  /** In coins. */
  readonly amount: number;
  readonly height: number;
};

/**
 * All unspent outputs that pay to one of the scripts. A node makes one scan at a time: this waits for its turn.
 * @throws HeadwaterError `test-node-failed`
 */
export async function scanOutputs({ client, name }: RegtestNode, scripts: readonly string[]): Promise<OutputScan> {
  const descriptors = scripts.map((script) => `raw(${script})`);
  const scan = async () => {
    try {
      return await client.call<OutputScan>("scantxoutset", "start", descriptors);
    } catch (error) {
      if (error instanceof HeadwaterError && /scan already in progress/i.test(error.message)) return undefined;
      throw error;
    }
  };
  return await pollUntil(scan, `${name} makes another scan all the time`);
}

/** An amount that a node wrote in coins, in the smallest unit. Exact below 2^53. */
export function amountOf(coins: number): bigint {
  return BigInt(Math.round(coins * 1e8));
}
