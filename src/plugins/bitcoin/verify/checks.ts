import type { Checks } from "../../verification/checks.ts";

/** What is checked of a block by itself, in the order of the report. */
export const CHECKS = [
  "identity",
  "proofOfWork",
  "auxPow",
  "signature",
  "merkleRoot",
  "transactionOrder",
  "coinbase",
  "coinbaseHeight",
  "witnessCommitment",
  "size",
  "amounts",
  "inputs",
  "subsidy",
  "maturity",
  "extensionBlock",
] as const;
export type BlockChecks = Checks<(typeof CHECKS)[number]>;

/** What holds a block against the headers before it. */
export const TRAIL_CHECKS = ["target", "medianTime", "timeWarp"] as const;
export type TrailChecks = Checks<(typeof TRAIL_CHECKS)[number]>;
