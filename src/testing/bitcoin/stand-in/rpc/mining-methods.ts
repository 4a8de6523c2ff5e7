import { HeadwaterError } from "../../../../core/errors.ts";
import { parseBlock, parseTransaction } from "../parsed.ts";
import { RPC_CODES, refuse } from "../rules.ts";
import { scriptOf } from "./addresses.ts";
import { findBlock, type RpcMethods, readText, readWhole } from "./method.ts";

export const MINING_METHODS: RpcMethods = {
  generatetoaddress: (chain, [count, address]) => {
    const script = scriptOf(readText(address));
    return Array.from({ length: readWhole(count) }, () => chain.mine(script).hash);
  },
  /** Mines these transactions alone, in this order: ids of the mempool, or raw ones. */
  generateblock: (chain, [output, transactions]) => {
    if (!Array.isArray(transactions)) throw refuse(RPC_CODES.typeError, "Expected type array");
    const chosen = transactions.map((each: unknown) => chain.mempool.get(readText(each)) ?? parseTransaction(each));
    return { hash: chain.mine(scriptOf(readText(output)), chosen).hash };
  },
  /** Null where it was taken, else the reason why not. */
  submitblock: (chain, [hex]) => {
    const block = parseBlock(hex);
    if (chain.tree.find(block.hash)) return "duplicate";
    try {
      chain.submitBlock(block);
      return null;
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error;
      return error.message;
    }
  },
  invalidateblock: (chain, [hash]) => {
    chain.tree.invalidate(findBlock(chain, hash));
    return null;
  },
  reconsiderblock: (chain, [hash]) => {
    chain.tree.reconsider(findBlock(chain, hash));
    return null;
  },
  setmocktime: (chain, [time]) => {
    chain.mockTime = readWhole(time);
    return null;
  },
};
