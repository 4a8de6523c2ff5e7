import { keyNumber, tableRange, watchedSinceKey } from "../keys.ts";
import type { RowReader } from "../reader.ts";
import type { RegisteredChain } from "../stored-chains.ts";
import { walkWatched } from "../watched.ts";
import type { Findings } from "./findings.ts";

/** Numbers of accounts that are watched no longer and whose rows are still being erased. */
export async function readUnwatched(reader: RowReader, chain: number): Promise<ReadonlySet<number>> {
  const numbers = new Set<number>();
  for await (const [key] of reader.walk(tableRange(chain, "unwatched"))) numbers.add(keyNumber(key, 0));
  return numbers;
}

/** Holds the two rows of each watched account against each other. */
export async function verifyWatched(
  reader: RowReader,
  { terms, number }: RegisteredChain,
  findings: Findings,
): Promise<void> {
  let accounts = 0;
  for await (const { account, since } of walkWatched(reader, number)) {
    const where = `${terms.chain}: watched account ${account}`;
    if (since < terms.startHeight - 1) findings.fault(`${where}: since`, `at least ${terms.startHeight - 1}`, since);
    if (!reader.get(watchedSinceKey(number, since, account)))
      findings.fault(`${where}: place by height`, since, "none");
    accounts++;
    await findings.breathe();
  }
  let places = 0;
  for await (const _ of reader.walk(tableRange(number, "watchedSince"))) {
    places++;
    await findings.breathe();
  }
  findings.equal(`${terms.chain}: watched accounts by height`, accounts, places);
}
