import type { CallOptions, RawPending } from "../../core/contracts/plugin.ts";
import { writeTestJson } from "./test-block.ts";
import { TestClient } from "./test-client.ts";
import type { CoinTransaction } from "./test-coins.ts";
import { TEST_METHODS } from "./test-protocol.ts";

/** The client of the test chain whose coins are outputs: its nodes tell of unconfirmed transactions, too. */
export class CoinClient extends TestClient {
  async listPending(options?: CallOptions): Promise<readonly string[]> {
    return (await this.call(TEST_METHODS.pending, [], options)) as string[];
  }

  async fetchPending(ids: readonly string[], options?: CallOptions): Promise<readonly RawPending[]> {
    const found = (await this.call(TEST_METHODS.transactions, [ids], options)) as CoinTransaction[];
    return found.map((coin) => ({
      id: coin.id,
      node: this.node,
      bytes: new TextEncoder().encode(writeTestJson(coin)),
    }));
  }
}
