import type { Account, Asset, Movement } from "../../core/model.ts";
import type { RpcLog } from "./raw.ts";
import { appendTokenMovements } from "./transfers.ts";

/** Optimism's bridged ether before Bedrock: an ERC-20 face of the native coin (OVM 2.0, predeploys). */
const OVM_ETH: Account = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000";
const noWrappers: ReadonlySet<Account> = new Set();

/**
 * What the bridge minted and burnt of the native coin in a transaction before Bedrock: no value and no call shows it, only
 * the `Transfer` from or to the zero address that the ether contract logs.
 */
export function buildOvmMovements(logs: readonly RpcLog[], native: Asset): Movement[] {
  const movements: Movement[] = [];
  const bridged = logs.filter((log) => log.address === OVM_ETH);
  appendTokenMovements(movements, bridged, noWrappers);
  return movements
    .filter(({ kind }) => kind === "mint" || kind === "burn")
    .map((movement) => ({ ...movement, asset: native, kind: movement.kind === "mint" ? "deposit" : "burn" }));
}
