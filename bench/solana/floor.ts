// The floor: the same bytes through `JSON.parse`, on one thread, and nothing else.
import { threadTimes, timesBetween } from "../import/thread-times.ts";
import { readAnswers, readTask, report, WARM_BLOCKS } from "./task.ts";

const answers = readAnswers(readTask());
let transactions = 0;
let before = threadTimes();
let startedAt = performance.now();
for (const [i, { bytes }] of answers.entries()) {
  if (i === WARM_BLOCKS) {
    before = threadTimes();
    startedAt = performance.now();
  }
  const answer: Answer = JSON.parse(bytes.toString("utf8"));
  transactions += answer.result.transactions.length;
}
const workMs = performance.now() - startedAt;
report({ workMs, cpuMs: timesBetween(before, threadTimes()), digest: "", note: `${transactions} transactions` });

type Answer = { readonly result: { readonly transactions: readonly unknown[] } };
