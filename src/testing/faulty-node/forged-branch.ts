import type { BlockRef } from "../../core/model.ts";
import type { FaultDialect } from "./fault-dialect.ts";

/** Fetches the honest header of a block that the upstream node has. */
export type FetchHeader = (hash: string) => Promise<unknown>;

/**
 * Blocks that stand in the honest ones' place: each honest block above `above` has its forged one. Linked, they are a branch:
 * each has the forged one below as its parent. Not linked, each has an honest parent.
 */
export class ForgedBranch {
  readonly above: number;
  readonly #dialect: FaultDialect;
  readonly #salt: string;
  readonly #linked: boolean;
  readonly #fetchHeader: FetchHeader;
  /** Hashes of honest blocks to those of the forged ones, and back. */
  readonly #forged = new Map<string, string>();
  readonly #honest = new Map<string, string>();

  constructor(
    dialect: FaultDialect,
    options: {
      readonly above: number;
      readonly salt: string;
      readonly linked: boolean;
      readonly fetchHeader: FetchHeader;
    },
  ) {
    this.above = options.above;
    this.#dialect = dialect;
    this.#salt = options.salt;
    this.#linked = options.linked;
    this.#fetchHeader = options.fetchHeader;
  }

  /** The honest block in whose place the one with this hash stands; undefined when it is none of this branch. */
  honestHash(hash: string): string | undefined {
    return this.#honest.get(hash);
  }

  /** The hash that the forged block in an honest one's place has; undefined when none was told yet. */
  forgedHash(hash: string): string | undefined {
    return this.#forged.get(hash);
  }

  /** The forged block or header in place of an honest one, which must be above. */
  async forge(result: unknown, { hash, parentHash, parentHeight }: BlockRef): Promise<unknown> {
    const parent = this.#linked ? await this.#forgedHash(parentHash, parentHeight) : parentHash;
    const forged = this.#dialect.forge(result, this.#salt, parent);
    this.#forged.set(hash, forged.hash);
    this.#honest.set(forged.hash, hash);
    return forged.result;
  }

  /** An answer's text in which the honest block's hash is that of the forged one. */
  rename(text: string, honestHash: string): string {
    const forged = this.#forged.get(honestHash);
    return forged === undefined ? text : text.replaceAll(honestHash, forged);
  }

  async #forgedHash(honestHash: string, height: number): Promise<string> {
    if (height <= this.above) return honestHash;
    const known = this.#forged.get(honestHash);
    if (known !== undefined) return known;
    const header = await this.#fetchHeader(honestHash);
    const ref = this.#dialect.readBlock(header);
    // The upstream node has no such block any more: the branch then begins above it.
    if (!ref) return honestHash;
    await this.forge(header, ref);
    return this.#forged.get(honestHash) ?? honestHash;
  }
}
