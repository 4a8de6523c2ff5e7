import { decodePoint, POINT, type Point } from "./account-row.ts";
import { corruptRow } from "./database.ts";
import { balanceKey, keyHeight } from "./keys.ts";
import type { RowReader } from "./reader.ts";

/** The newest balance point at or below a height, by one seek. @throws HeadwaterError `store-corrupt` */
export async function readPoint(
  reader: RowReader,
  chain: number,
  account: number,
  asset: number,
  height: number,
): Promise<{ readonly height: number; readonly sum: bigint } | undefined> {
  const row = await reader.first({
    gte: balanceKey(chain, account, asset, height),
    lte: balanceKey(chain, account, asset, 0),
  });
  if (row === undefined) return undefined;
  const at = keyHeight(row[0], 10);
  return { height: at, sum: readPointRow(account, asset, at, row[1]).sum };
}

/** Balance points of an account in an asset where its sum changed, from the highest height down. */
export async function readPoints(
  reader: RowReader,
  chain: number,
  account: number,
  asset: number,
  heights: { readonly from: number; readonly to: number },
  limit: number,
): Promise<{ readonly height: number; readonly sum: bigint }[]> {
  const points: { readonly height: number; readonly sum: bigint }[] = [];
  if (heights.from > heights.to || limit <= 0) return points;
  const range = {
    gte: balanceKey(chain, account, asset, heights.to),
    lte: balanceKey(chain, account, asset, heights.from),
  };
  for await (const [key, value] of reader.walk(range, Math.min(limit, 256))) {
    const height = keyHeight(key, 10);
    const point = readPointRow(account, asset, height, value);
    if ((point.flags & POINT.moved) === 0) continue;
    points.push({ height, sum: point.sum });
    if (points.length === limit) break;
  }
  return points;
}

function readPointRow(account: number, asset: number, height: number, value: Uint8Array): Point {
  try {
    return decodePoint(value);
  } catch (error) {
    throw corruptRow(`the balance point of account ${account} in asset ${asset} at height ${height}`, error);
  }
}
