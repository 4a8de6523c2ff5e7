/** Rows above this stay in the order in which they came: the sort keeps their place in the lower 20 bits. */
const SORTABLE_ROWS = 2 ** 20;
/** Rows and bytes that there is room for at first; both double when they do not suffice. */
const FIRST_ROWS = 256;
const FIRST_BYTES = 16 * 1024;
/** Numbers kept of each row: where it begins, the sizes of its key and its value, and what it is sorted by. */
const FIELDS = 4;
const DELETED = 0xffff_ffff;

/**
 * The rows of one table in one batch. LevelDB keeps what is not on disk yet in a sorted list and inserts rows that come
 * in order several times faster than rows that come at random, so each table is sorted before it is handed over.
 *
 * Rows are copied into one buffer, and what is known of them stands in one list of numbers: ten thousands of small objects
 * that live until the batch is written would cost the garbage collector more than the copying does.
 */
export class TableRows {
  #bytes = new Uint8Array(0);
  #used = 0;
  #fields = new Uint32Array(0);
  #size = 0;
  readonly #rankFrom: number;

  /** @param rankFrom where in the key the four bytes begin that rows are sorted by */
  constructor(rankFrom: number) {
    this.#rankFrom = rankFrom;
  }

  get size(): number {
    return this.#size;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#add(key, value.length, value.length);
    copy(value, this.#bytes, this.#used);
    this.#used += value.length;
  }

  del(key: Uint8Array): void {
    this.#add(key, 0, DELETED);
  }

  #add(key: Uint8Array, room: number, valueSize: number): void {
    this.#reserve(key.length + room);
    const at = this.#size++ * FIELDS;
    this.#fields[at] = this.#used;
    this.#fields[at + 1] = key.length;
    this.#fields[at + 2] = valueSize;
    this.#fields[at + 3] = rankOf(key, this.#rankFrom);
    copy(key, this.#bytes, this.#used);
    this.#used += key.length;
  }

  #reserve(more: number): void {
    if (this.#used + more > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(FIRST_BYTES, this.#bytes.length * 2, this.#used + more));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    if ((this.#size + 1) * FIELDS > this.#fields.length) {
      const grown = new Uint32Array(Math.max(FIRST_ROWS * FIELDS, this.#fields.length * 2));
      grown.set(this.#fields);
      this.#fields = grown;
    }
  }

  key(at: number): Uint8Array {
    const start = this.#fields[at * FIELDS] as number;
    return new Uint8Array(this.#bytes.buffer, start, this.#fields[at * FIELDS + 1]);
  }

  /** Undefined for a row to be deleted. */
  value(at: number): Uint8Array | undefined {
    const size = this.#fields[at * FIELDS + 2] as number;
    if (size === DELETED) return undefined;
    const start = (this.#fields[at * FIELDS] as number) + (this.#fields[at * FIELDS + 1] as number);
    return new Uint8Array(this.#bytes.buffer, start, size);
  }

  /** Places of the rows in the order of their ranks; rows of equal rank keep their order. */
  order(): Uint32Array {
    const order = new Uint32Array(this.#size);
    if (this.#size > SORTABLE_ROWS) return order.map((_, at) => at);
    const ranked = new Float64Array(this.#size);
    for (let at = 0; at < ranked.length; at++) {
      ranked[at] = (this.#fields[at * FIELDS + 3] as number) * SORTABLE_ROWS + at;
    }
    ranked.sort();
    for (let i = 0; i < order.length; i++) order[i] = (ranked[i] as number) % SORTABLE_ROWS;
    return order;
  }
}

/** Faster than the platform's copying for the few bytes of a row. */
function copy(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length > 64) to.set(from, at);
  else for (let i = 0; i < from.length; i++) to[at + i] = from[i] as number;
}

/** Four bytes of a key as a number; a key that is shorter ranks as if zeros followed. */
function rankOf(key: Uint8Array, at: number): number {
  const low = ((key[at + 1] ?? 0) << 16) | ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0);
  return (key[at] ?? 0) * 0x100_0000 + low;
}
