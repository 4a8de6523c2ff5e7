import { expect, it } from "vitest";
import { type SimulationOptions, simulate } from "./simulate.ts";

/** A test that every promise holds for these seeds. `npm run simulate -- --seed N` shows what happened in one of them. */
export function holdPromises(from: number, to: number, options: SimulationOptions = {}): void {
  it(`every promise holds for the seeds ${from} to ${to}`, { timeout: 540_000 }, async () => {
    const broken: string[] = [];
    for (let seed = from; seed <= to; seed++) {
      const result = await simulate(seed, { blocks: 16, ...options });
      if (result.broken !== undefined) broken.push(`seed ${seed}: ${result.broken}`);
    }
    expect(broken).toEqual([]);
  });
}
