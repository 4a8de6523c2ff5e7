import { LIMITS } from "../../core/limits.ts";
import { Recent } from "../../core/recent.ts";
import type { StoredOutput } from "./output-rows.ts";

/** What a write does to the set of unspent outputs. Ids are packed bytes, read as Latin-1: a map needs texts. */
export type OutputSetChange = {
  readonly spent: Iterable<string>;
  readonly made: Iterable<readonly [id: string, output: StoredOutput]>;
};

/**
 * Unspent outputs of one chain, those made or read last. Most outputs are spent soon after they were made: the block that
 * spends one finds it here, when it is decoded and when it is committed. An output is here with the version of the state in
 * which it was first seen and leaves when it is spent: it holds for that version and every later one.
 */
export class OutputCache {
  readonly #outputs = new Recent<string, { readonly version: number; readonly output: StoredOutput }>(
    LIMITS.outputCacheEntries,
  );
  #version = 0;

  /** @param version of the state that the caller reads; left out, the newest */
  get(id: string, version = this.#version): StoredOutput | undefined {
    const found = this.#outputs.get(id);
    return found !== undefined && found.version <= version ? found.output : undefined;
  }

  /** Keeps an output that was read, unless from a state that is no longer the newest. */
  set(id: string, version: number, output: StoredOutput): void {
    if (version === this.#version) this.#outputs.set(id, { version, output });
  }

  /** A write is done. */
  advance(version: number, change: OutputSetChange | "any" | undefined): void {
    this.#version = version;
    if (change === undefined) return;
    if (change === "any") this.#outputs.clear();
    else {
      for (const id of change.spent) this.#outputs.delete(id);
      for (const [id, output] of change.made) this.#outputs.set(id, { version, output });
    }
  }
}
