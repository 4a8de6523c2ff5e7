import type { Answer } from "./answer.ts";

/** What a block gives or takes outside its transactions. */
export type Reward = {
  readonly account: string;
  /** Below 0 where rent is taken. */
  readonly lamports: bigint;
  /** The account's balance after it; undefined where the node does not say (0 stands for that in old blocks). */
  readonly after: bigint | undefined;
  /** `Fee`, `Rent`, `Staking`, `Voting`; undefined in old blocks. */
  readonly kind: string | undefined;
};

/** @throws HeadwaterError `node-bad-response` */
export function readReward(answer: Answer, value: unknown, path: string): Reward {
  const entry = answer.record(value, path);
  const { lamports, postBalance, rewardType } = entry as Record<string, unknown>;
  const negative = typeof lamports === "number" ? lamports < 0 : typeof lamports === "bigint" && lamports < 0n;
  const magnitude = negative ? -(lamports as number | bigint) : lamports;
  const amount = answer.amount(magnitude, `${path}.lamports`);
  const after =
    postBalance === undefined || postBalance === null ? 0n : answer.amount(postBalance, `${path}.postBalance`);
  return {
    account: answer.text(entry["pubkey"], `${path}.pubkey`),
    lamports: negative ? -amount : amount,
    after: after === 0n && amount > 0n && !negative ? undefined : after,
    kind: typeof rewardType === "string" ? rewardType : undefined,
  };
}
