import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { Movement } from "../../core/model.ts";
import type { LedgerRules } from "./ledger-rules.ts";
import type { EvmBlock } from "./raw.ts";

const WEI_PER_GWEI = 1_000_000_000n;
/** An uncle is at most so many generations older than the block that includes it (Yellow Paper, section 11.1). */
const UNCLE_GENERATIONS = 6;

/**
 * What a block does to balances outside any transaction, in this order: withdrawals (EIP-4895), then the proof-of-work
 * rewards of the block with 1/32 for each uncle, and of each uncle (8 - distance)/8 (Yellow Paper, section 11.3; amounts
 * by EIP-649 and EIP-1234).
 * @throws HeadwaterError `node-bad-response` when the block has uncles that are paid and their headers are not there
 */
export function buildBlockMovements(parsed: EvmBlock, rules: LedgerRules, node: string): Movement[] {
  const movements: Movement[] = [];
  // Elsewhere the same field may mean something else: Gnosis pays its withdrawals in a token.
  if (rules.fees === "ethereum") {
    for (const { address, amount } of parsed.block.withdrawals ?? []) {
      const delta = BigInt(amount) * WEI_PER_GWEI;
      if (delta > 0n) movements.push({ account: address, asset: rules.nativeAsset, delta, kind: "withdrawal" });
    }
  }
  const reward = readReward(parsed, rules);
  if (reward > 0n) appendRewards(movements, parsed, rules, reward, node);
  return movements;
}

function readReward({ block }: EvmBlock, rules: LedgerRules): bigint {
  // Since the merge the difficulty is zero (EIP-3675). The genesis block was mined by nobody.
  if (BigInt(block.difficulty ?? 0) === 0n || Number(block.number) === 0) return 0n;
  return rules.rewards.findLast(({ fromHeight }) => fromHeight <= Number(block.number))?.wei ?? 0n;
}

function appendRewards(into: Movement[], parsed: EvmBlock, rules: LedgerRules, reward: bigint, node: string): void {
  const { block } = parsed;
  const asset = rules.nativeAsset;
  const hashes = block.uncles ?? [];
  const uncles = parsed.uncles ?? [];
  if (uncles.length !== hashes.length) {
    throw new HeadwaterError(
      "node-bad-response",
      `node ${node}: block ${block.hash} has ${hashes.length} uncles, expected the header of each, got ${uncles.length}`,
    );
  }
  const inclusion = (reward / 32n) * BigInt(uncles.length);
  into.push({ account: block.miner, asset, delta: reward + inclusion, kind: "reward" });
  for (const uncle of uncles) {
    const distance = Number(block.number) - Number(uncle.number);
    if (distance < 1 || distance > UNCLE_GENERATIONS) {
      const where = `node ${node}, block ${block.hash}`;
      throw new IntegrityViolation("uncle distance", `1 to ${UNCLE_GENERATIONS}`, String(distance), where);
    }
    into.push({ account: uncle.miner, asset, delta: (reward * BigInt(8 - distance)) / 8n, kind: "reward" });
  }
}
