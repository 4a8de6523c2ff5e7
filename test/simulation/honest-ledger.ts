import type { LedgerTerms } from "../../src/core/contracts/store.ts";
import { initialDigest, nextDigest, sealBlock } from "../../src/core/ledger/seal.ts";
import type { HonestChain } from "./family.ts";

type HonestBlock = { readonly time: number; readonly height: number; readonly digest: string; readonly parent: string };

/** The honest ledger, computed without the engine: the digest after every honest block, and every balance. */
export class HonestLedger {
  readonly #terms: LedgerTerms;
  readonly #owned: (account: string, asset: string) => bigint;
  readonly #blocks = new Map<string, HonestBlock>();
  readonly #balances = new Map<string, ReadonlyMap<string, bigint>>();

  /** @param owned what an account has before the first block */
  constructor(terms: LedgerTerms, owned: (account: string, asset: string) => bigint) {
    this.#terms = terms;
    this.#owned = owned;
  }

  know(chain: HonestChain): void {
    const unknown = [];
    for (let at = chain.blocks.length - 1; at >= 0; at--) {
      const block = chain.blocks[at] as HonestChain["tip"];
      if (this.#blocks.has(block.ref.hash)) break;
      unknown.push(block);
    }
    for (const block of unknown.reverse()) {
      const { ref } = block;
      const below = this.#blocks.get(ref.parentHash)?.digest;
      const { chain: id, profile, startHeight } = this.#terms;
      const digest = nextDigest(
        below === undefined ? initialDigest(id, profile, startHeight) : Buffer.from(below, "hex"),
        sealBlock(block).ledgerHash,
      );
      this.#blocks.set(ref.hash, {
        time: ref.time,
        height: ref.height,
        digest: digest.toString("hex"),
        parent: ref.parentHash,
      });
      const balances = new Map(this.#balances.get(ref.parentHash));
      for (const { movements } of block.transactions) {
        for (const { account, asset, delta } of movements) {
          const key = `${account} ${asset}`;
          balances.set(key, (balances.get(key) ?? 0n) + delta);
        }
      }
      this.#balances.set(ref.hash, balances);
    }
  }

  /** Undefined for a block that is not honest. */
  block(hash: string): HonestBlock | undefined {
    return this.#blocks.get(hash);
  }

  balance(hash: string, account: string, asset: string): bigint {
    return this.#owned(account, asset) + (this.#balances.get(hash)?.get(`${account} ${asset}`) ?? 0n);
  }
}
