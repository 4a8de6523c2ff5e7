import type { CallOptions } from "../../core/contracts/plugin.ts";
import { TestClient } from "./test-client.ts";
import { TEST_METHODS } from "./test-protocol.ts";

/** The client of the test chain that skips heights: its nodes tell which heights have blocks. */
export class SlotClient extends TestClient {
  async listHeights(from: number, to: number, options?: CallOptions): Promise<readonly number[]> {
    return (await this.call(TEST_METHODS.heights, [from, to], options)) as number[];
  }
}
