import type { CallOptions } from "../../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { BlockRef } from "../../../core/model.ts";
import { Recent } from "../../../core/recent.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import { blockMissing } from "../block-ref.ts";
import { checkHeader } from "../block-shape.ts";
import type { VerifyRules } from "../checks.ts";
import { findForeignFields, hashHeader } from "../header.ts";
import { Shape } from "../shape.ts";

const METHOD = "eth_getBlockByHash";

/**
 * The state roots of a chain's blocks, each taken from a header that was hashed again: whoever gave the header, the root
 * is the one that the block's hash commits to. Shared by all nodes of the chain.
 */
export class StateRoots {
  readonly #rules: VerifyRules;
  readonly #known = new Recent<string, string>(LIMITS.stateRoots);

  constructor(rules: VerifyRules) {
    this.#rules = rules;
  }

  /**
   * The root in lower-case hex, or null where the chain's headers follow rules of its own, so that they prove nothing.
   * Asks the node only for a block that was not asked of any before (eth_getBlockByHash).
   * @throws IntegrityViolation when the header is not the one with this hash
   * @throws HeadwaterError `node-block-missing`, `node-bad-response`
   */
  async find(client: JsonRpcClient, at: BlockRef, options?: CallOptions): Promise<string | null> {
    if (this.#rules.headerRules === "other" || at.height < this.#rules.headerRulesFrom) return null;
    const known = this.#known.get(at.hash);
    if (known !== undefined) return known;
    const answer = await client.call(METHOD, [at.hash, false], options);
    if (answer === null) throw blockMissing(at, client.node, METHOD);
    const header = checkHeader(new Shape(client.node, METHOD), answer);
    const hash = hashHeader(header);
    if (hash !== at.hash) {
      if (this.#rules.headerRules === "detect" && findForeignFields(header).length > 0) return null;
      throw new IntegrityViolation("headerHash", at.hash, hash, `node ${client.node}, block ${at.height}`);
    }
    this.#known.set(at.hash, header.stateRoot);
    return header.stateRoot;
  }
}
