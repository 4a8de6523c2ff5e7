/** So many blocks before one bound its time from below. */
export const MEDIAN_TIME_BLOCKS = 11;

/**
 * The median of the times of the newest blocks before one, of which there may be fewer at a chain's start: the block's own
 * time must be above it.
 * @param times seconds since the Unix epoch, in any order, at least one and at most MEDIAN_TIME_BLOCKS
 */
export function medianTimePast(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}
