import { HeadwaterError } from "../../../core/errors.ts";

/**
 * Reads a serialized block from front to back and never past its end. What it does not find is `node-bad-response`, with the
 * place: node and block, transaction and byte.
 */
export class ByteCursor {
  readonly bytes: Buffer;
  /** The byte that is read next. */
  at = 0;
  /** The transaction that is read, from 0, for errors; below 0 in a header. */
  transaction = -1;
  readonly #where: string;

  /** @param where node and block, as errors name them */
  constructor(bytes: Uint8Array, where: string) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  uint8(what: string): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw this.error(`${what}: the bytes end here`);
    this.at++;
    return value;
  }

  uint32(what: string): number {
    const at = this.at;
    this.skip(4, what);
    return this.bytes.readUInt32LE(at);
  }

  int32(what: string): number {
    return this.uint32(what) | 0;
  }

  /** Leaves out so many bytes, which must be there. */
  skip(size: number, what: string): void {
    const end = this.at + size;
    if (end > this.bytes.length) throw this.error(`${what} of ${size} bytes: the bytes end after ${this.left}`);
    this.at = end;
  }

  /** A view of so many bytes. */
  take(size: number, what: string): Buffer {
    const from = this.at;
    this.skip(size, what);
    return this.bytes.subarray(from, this.at);
  }

  /** A number in Bitcoin's variable length, which must be the shortest that holds it. */
  compactSize(what: string): number {
    const first = this.uint8(what);
    if (first < 0xfd) return first;
    const at = this.at;
    if (first === 0xfd) {
      this.skip(2, what);
      return this.#canonical(this.bytes.readUInt16LE(at), 0xfd, at, what);
    }
    if (first === 0xfe) {
      this.skip(4, what);
      return this.#canonical(this.bytes.readUInt32LE(at), 0x1_0000, at, what);
    }
    this.skip(8, what);
    const value = this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * 2 ** 32;
    return this.#canonical(value, 2 ** 32, at, what);
  }

  #canonical(value: number, least: number, at: number, what: string): number {
    if (value >= least) return value;
    this.at = at - 1;
    throw this.error(`${what}: the number ${value} is not written in its shortest form`);
  }

  /** How many things of at least `leastBytes` each follow: never more than the bytes that are left could hold. */
  count(what: string, leastBytes: number): number {
    const count = this.compactSize(what);
    if (count * leastBytes <= this.left) return count;
    throw this.error(`${what}: ${count}, for which ${this.left} bytes are too few`);
  }

  /** Bytes with their length before them. */
  skipBlob(what: string): void {
    this.skip(this.compactSize(what), what);
  }

  error(problem: string): HeadwaterError {
    const transaction = this.transaction < 0 ? "" : `, transaction ${this.transaction}`;
    const where = `${this.#where}${transaction}, byte ${this.at}`;
    return new HeadwaterError("node-bad-response", `${where}: ${problem}`, {
      details: { where: this.#where, byte: this.at, ...(this.transaction >= 0 && { transaction: this.transaction }) },
    });
  }
}
