/** Rows above this stay in the order in which they came: the sort keeps their place in the lower 20 bits. */
const SORTABLE_ROWS = 2 ** 20;
/** Rows are copied into chunks of this size. */
const CHUNK_BYTES = 128 * 1024;
const DELETED = -1;

/**
 * The rows of one table in one batch. LevelDB keeps what is not on disk yet in a sorted list and inserts rows that come
 * in order several times faster than rows that come at random, so each table is sorted before it is handed over.
 *
 * Rows are copied into large chunks: ten thousands of small buffers that live until the batch is written would cost the
 * garbage collector more than the copying does.
 */
export class TableRows {
  readonly #chunks: Buffer[] = [];
  /** For each row its chunk, where it begins in it, and the sizes of its key and its value. */
  readonly #chunkOf: number[] = [];
  readonly #starts: number[] = [];
  readonly #keySizes: number[] = [];
  readonly #valueSizes: number[] = [];
  readonly #ranks: number[] = [];
  readonly #rankFrom: number;
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;

  /** @param rankFrom where in the key the four bytes begin that rows are sorted by */
  constructor(rankFrom: number) {
    this.#rankFrom = rankFrom;
  }

  get size(): number {
    return this.#starts.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#add(key, value.length, value.length);
    this.#chunk.set(value, this.#used);
    this.#used += value.length;
  }

  del(key: Uint8Array): void {
    this.#add(key, 0, DELETED);
  }

  #add(key: Uint8Array, room: number, valueSize: number): void {
    const size = key.length + room;
    if (this.#used + size > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, size));
      this.#chunks.push(this.#chunk);
      this.#used = 0;
    }
    this.#chunkOf.push(this.#chunks.length - 1);
    this.#starts.push(this.#used);
    this.#keySizes.push(key.length);
    this.#valueSizes.push(valueSize);
    this.#ranks.push(rankOf(key, this.#rankFrom));
    this.#chunk.set(key, this.#used);
    this.#used += key.length;
  }

  key(at: number): Uint8Array {
    const start = this.#starts[at] as number;
    return this.#chunkAt(at).subarray(start, start + (this.#keySizes[at] as number));
  }

  /** Undefined for a row to be deleted. */
  value(at: number): Uint8Array | undefined {
    const size = this.#valueSizes[at] as number;
    if (size === DELETED) return undefined;
    const start = (this.#starts[at] as number) + (this.#keySizes[at] as number);
    return this.#chunkAt(at).subarray(start, start + size);
  }

  #chunkAt(at: number): Buffer {
    return this.#chunks[this.#chunkOf[at] as number] as Buffer;
  }

  /** Places of the rows in the order of their ranks; rows of equal rank keep their order. */
  *order(): Generator<number, void, void> {
    const count = this.size;
    if (count > SORTABLE_ROWS) {
      for (let at = 0; at < count; at++) yield at;
      return;
    }
    const order = new Float64Array(count);
    for (let at = 0; at < count; at++) order[at] = (this.#ranks[at] as number) * SORTABLE_ROWS + at;
    order.sort();
    for (const place of order) yield place % SORTABLE_ROWS;
  }
}

/** Four bytes of a key as a number; a key that is shorter ranks as if zeros followed. */
function rankOf(key: Uint8Array, at: number): number {
  const low = ((key[at + 1] ?? 0) << 16) | ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0);
  return (key[at] ?? 0) * 0x100_0000 + low;
}
