/** What is checked of a block, in the order of the report. */
export const CHECKS = [
  "identity",
  "parent",
  "signatures",
  "balances",
  "fees",
  "rewards",
  "blockHash",
  "bankHash",
] as const;
export type CheckName = (typeof CHECKS)[number];
