import type { BlockRef, LedgerTransaction, Movement } from "../../src/core/model.ts";
import type { TestBlock } from "../../src/testing/chain/test-block.ts";
import { TEST_NATIVE, TestChain } from "../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import type { TestPlace } from "../../src/testing/chain/test-protocol.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

const TRANSACTIONS = 40;
const TRANSFERS = 5;
const MOVEMENTS_PER_BLOCK = TRANSACTIONS * (TRANSFERS * 2 + 1);
const ASSETS = 50;

/** The address of account number `n`. */
export function accountOf(n: number): string {
  return `0x${n.toString(16).padStart(40, "a")}`;
}

/** A node whose blocks are made when asked for: 40 transactions of 10 token movements each, among random accounts. */
class BulkNode extends TestNode {
  readonly #accounts: number;
  readonly #step: number;
  #height: number;
  readonly #start: number;

  constructor(name: string, chainId: string, task: { movements: number; accounts: number }) {
    super(name, chainId, TestChain.build(1, Date.now()));
    this.#accounts = task.accounts;
    this.#step = Math.ceil(task.movements / MOVEMENTS_PER_BLOCK) + 1;
    this.#height = this.#step;
    this.#start = Date.now() - 1_000;
  }

  extend(): void {
    this.#height += this.#step;
  }

  /** Blocks are named, not hashed: the service is to be run with `verify: off`. */
  protected override find(place: TestPlace): TestBlock | undefined {
    if (place === "latest") {
      const ref = { ...this.#ref(this.#height), time: Date.now() };
      return { ref, transactions: [], observations: [] };
    }
    const height = typeof place === "number" ? place : Number.parseInt(place, 10);
    if (!(height >= 0 && height <= this.#height)) return undefined;
    return { ref: this.#ref(height), transactions: this.#transactions(height), observations: [] };
  }

  /** It tells no balances: what is measured is the ledger's own answer. */
  protected override balanceOf(): null {
    return null;
  }

  #ref(height: number): BlockRef {
    const hash = (n: number) => `${n}-bulk`;
    return {
      height,
      hash: hash(height),
      parentHash: hash(height - 1),
      parentHeight: height - 1,
      time: this.#start,
    };
  }

  #transactions(height: number): LedgerTransaction[] {
    const random = new SeededRandom(height + 1);
    const pick = () => accountOf(random.integer(0, this.#accounts - 1));
    return Array.from({ length: TRANSACTIONS }, (_, index) => {
      // In turn every account gets native coins, so that each has the asset that every answer shows.
      const inTurn = accountOf((height * TRANSACTIONS + index) % this.#accounts);
      const movements: Movement[] = [{ account: inTurn, asset: TEST_NATIVE, delta: 10n ** 18n, kind: "mint" }];
      for (let i = 0; i < TRANSFERS; i++) {
        const asset = `erc20:0x${random
          .integer(0, ASSETS - 1)
          .toString(16)
          .padStart(40, "b")}`;
        const amount = BigInt(random.integer(1, 1_000_000_000));
        // Everything is minted first, so that no account ever owes.
        movements.push({ account: pick(), asset, delta: amount, kind: "mint" });
        movements.push({ account: pick(), asset, delta: amount, kind: "mint" });
      }
      return {
        id: `0x${(height * 1000 + index).toString(16).padStart(64, "0")}`,
        index,
        status: "success",
        fee: null,
        movements,
      };
    });
  }
}

export function bulkNode(name: string, chainId: string, task: { movements: number; accounts: number }): BulkNode {
  return new BulkNode(name, chainId, task);
}
