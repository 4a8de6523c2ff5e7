import type { Asset } from "../../core/model.ts";

/**
 * Contracts that show the native coin as a token: its `balanceOf` changes with every payment, of which it logs some or none
 * as a `Transfer`. Each stands at an address that no other chain's contract can have.
 */
const NATIVE_FACES: ReadonlySet<Asset> = new Set([
  // Polygon's MRC20.
  "erc20:0x0000000000000000000000000000000000001010",
  // Optimism's ether before Bedrock.
  "erc20:0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000",
  // ZKsync's base token.
  "erc20:0x000000000000000000000000000000000000800a",
]);

/** Whether the token is the native coin in another form, so that its own movements do not tell its balances. */
export function isNativeFace(asset: Asset): boolean {
  return NATIVE_FACES.has(asset);
}
