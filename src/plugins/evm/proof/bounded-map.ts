/**
 * A map of at most `entries` entries: who is put into a full one takes the place of the entry that was put longest ago. No
 * library: decode threads load the module too, without ever using it.
 */
export class BoundedMap<V> {
  readonly #entries: number;
  readonly #map = new Map<string, V>();

  constructor(entries: number) {
    this.#entries = entries;
  }

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  put(key: string, value: V): void {
    this.#map.delete(key);
    const [oldest] = this.#map.size >= this.#entries ? this.#map.keys() : [];
    if (oldest !== undefined) this.#map.delete(oldest);
    this.#map.set(key, value);
  }

  delete(key: string): void {
    this.#map.delete(key);
  }
}
