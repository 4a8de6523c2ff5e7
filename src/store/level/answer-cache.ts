import { Recent } from "../../core/recent.ts";

/**
 * Answers for those who read the newest state. An answer is kept with the version of the state it was read from, and is
 * dropped when a write touches its key: as long as it is here, it holds for its own version and every later one.
 */
export class AnswerCache<K extends string, V extends object> {
  readonly #answers: Recent<K, { readonly version: number; readonly answer: V }>;
  #version = 0;

  /** @param max answers kept */
  constructor(max: number) {
    this.#answers = new Recent(max);
  }

  get(key: K, version: number): V | undefined {
    const found = this.#answers.get(key);
    return found !== undefined && found.version <= version ? found.answer : undefined;
  }

  /** Keeps an answer, unless it was read from a state that is no longer the newest. */
  set(key: K, version: number, answer: V): void {
    if (version === this.#version) this.#answers.set(key, { version, answer });
  }

  /** A write is done that changed the answers of these keys. */
  advance(version: number, changed: Iterable<K> | "all"): void {
    this.#version = version;
    if (changed === "all") this.#answers.clear();
    else for (const key of changed) this.#answers.delete(key);
  }
}
