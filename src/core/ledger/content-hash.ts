import { createHash } from "node:crypto";
import { ByteWriter } from "../bytes.ts";
import type { SealedBlock } from "./seal.ts";

/**
 * Of a block as it was decoded: where only watched accounts are kept, a sealed block has not all observations, and which it has
 * depends on the moment.
 */
type Content = Pick<SealedBlock, "ledgerHash" | "observations" | "trail">;

/**
 * The hash over all that a store takes from a block: its ledger, the balances that it was observed to leave, and its trail.
 * Equal for two nodes' copies of a block exactly where it does not matter whose is used. Not kept, and no part of the digest.
 *
 * @returns 64 hexadecimal digits of SHA-256
 * @throws HeadwaterError `plugin-invalid` for an observation that cannot be written
 */
export function hashContent({ ledgerHash, observations, trail }: Content): string {
  const writer = new ByteWriter(64 * (1 + observations.length));
  writer.blob(ledgerHash);
  writer.varint(observations.length);
  for (const { account, asset, amount } of observations) {
    writer.text(account);
    writer.text(asset);
    writer.bigint(amount);
  }
  writer.byte(trail ? 1 : 0);
  if (trail) writer.blob(trail);
  return createHash("sha256").update(writer.finish()).digest("hex");
}
