import { encodeRlp, quantity } from "./rlp.ts";
import type { RpcWithdrawal } from "./rpc-types.ts";

/** A withdrawal as the withdrawals root commits to it (EIP-4895). */
export function encodeWithdrawal(withdrawal: RpcWithdrawal): Uint8Array {
  const { index, validatorIndex, address, amount } = withdrawal;
  return encodeRlp([quantity(index), quantity(validatorIndex), address, quantity(amount)]);
}
