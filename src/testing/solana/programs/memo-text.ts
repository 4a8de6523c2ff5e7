import type { WireTransaction } from "../wire/read-wire.ts";
import { MEMO, MEMO_V1 } from "./programs.ts";

/** A transaction's memos as nodes tell them, `[5] hello`; null where it has none. */
export function memoOf({ accountKeys, instructions }: WireTransaction): string | null {
  const memos = instructions.flatMap(({ programIdIndex, data }) => {
    const program = accountKeys[programIdIndex];
    if (program !== MEMO && program !== MEMO_V1) return [];
    return [`[${data.length}] ${Buffer.from(data).toString("utf8")}`];
  });
  return memos.length > 0 ? memos.join("; ") : null;
}
