import { createHash } from "node:crypto";
import bs58 from "bs58";

/** A block hash that is the slot's own, of 32 bytes. */
export function slotHash(slot: number): string {
  return bs58.encode(createHash("sha256").update(`slot ${slot}`).digest());
}

/** What Agave answers, code and text (`rpc-client-api/src/custom_error.rs`, `rpc/src/rpc.rs`). */
export const SOLANA_ERRORS = {
  cleanedUp: (slot: number, first: number) => ({
    code: -32001,
    message: `Block ${slot} cleaned up, does not exist on node. First available block: ${first}`,
  }),
  notAvailable: (slot: number) => ({ code: -32004, message: `Block not available for slot ${slot}` }),
  behind: (slots: number) => ({
    code: -32005,
    message: `Node is behind by ${slots} slots`,
    data: { numSlotsBehind: slots },
  }),
  unhealthy: { code: -32005, message: "Node is unhealthy", data: { numSlotsBehind: null } },
  skipped: (slot: number) => ({
    code: -32007,
    message: `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`,
  }),
  skippedInStorage: (slot: number) => ({
    code: -32009,
    message: `Slot ${slot} was skipped, or missing in long-term storage`,
  }),
  notYet: (slot: number) => ({ code: -32014, message: `Block status not yet available for slot ${slot}` }),
  commitment: { code: -32602, message: "Method does not support commitment below `confirmed`" },
  unknownVariant: {
    code: -32602,
    message: "Invalid params: unknown variant `accounts`, expected one of `full`, `signatures`, `none`.",
  },
  unknownMethod: { code: -32601, message: "Method not found" },
} as const;
