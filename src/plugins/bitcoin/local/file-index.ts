import type { FileHandle } from "node:fs/promises";
import { sha256d } from "../codec/hashing.ts";

/** Magic and length stand before each block of a file. */
const PREFIX_BYTES = 8;
const HEADER_BYTES = 80;
/** What is read at once while a file is looked through: dozens of the first blocks, the header alone of later ones. */
const LOOK_BYTES = 4_096;

/** Where a block stands in its file. */
export type BlockPlace = { readonly offset: number; readonly sizeBytes: number };

/** Undoes what Bitcoin Core since 28 does to its files: each byte is combined with one of a key, by its place in the file. */
export function unmask(bytes: Buffer, position: number, key: Uint8Array | undefined): void {
  if (key === undefined) return;
  const done = key.length === 8 && bytes.byteOffset % 4 === 0 ? unmaskWords(bytes, position, key) : 0;
  for (let i = done; i < bytes.length; i++) {
    bytes[i] = (bytes[i] as number) ^ (key[(position + i) % key.length] as number);
  }
}

/** Eight bytes at once: byte by byte, this would take longer than reading them. @returns how many bytes it did */
function unmaskWords(bytes: Buffer, position: number, key: Uint8Array): number {
  const turned = Uint8Array.from(key, (_, i) => key[(position + i) % 8] as number);
  const [first, second] = new Uint32Array(turned.buffer) as unknown as [number, number];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, (bytes.length >> 3) * 2);
  for (let i = 0; i < words.length; i += 2) {
    words[i] = (words[i] as number) ^ first;
    words[i + 1] = (words[i + 1] as number) ^ second;
  }
  return words.length * 4;
}

/**
 * The blocks of one `blk*.dat` file: for each the first 8 bytes of its hash and its place, 20 bytes in all. Two blocks whose
 * hashes share these bytes do not come by chance; what is read is held against the whole hash anyway.
 */
export class FileIndex {
  readonly #hashes: BigUint64Array;
  readonly #offsets: Float64Array;
  readonly #sizes: Uint32Array;

  private constructor(entries: readonly { readonly hash: bigint; readonly place: BlockPlace }[]) {
    const sorted = [...entries].sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
    this.#hashes = BigUint64Array.from(sorted, ({ hash }) => hash);
    this.#offsets = Float64Array.from(sorted, ({ place }) => place.offset);
    this.#sizes = Uint32Array.from(sorted, ({ place }) => place.sizeBytes);
  }

  /** Looks a file through, header by header, up to the first place where no block starts: nodes make files longer than needed. */
  static async read(file: FileHandle, key: Uint8Array | undefined): Promise<FileIndex> {
    const { size } = await file.stat();
    const entries: { hash: bigint; place: BlockPlace }[] = [];
    const buffer = Buffer.alloc(LOOK_BYTES);
    let at = 0;
    let magic: number | undefined;
    while (at + PREFIX_BYTES + HEADER_BYTES <= size) {
      const { bytesRead } = await file.read(buffer, 0, LOOK_BYTES, at);
      const bytes = buffer.subarray(0, bytesRead);
      unmask(bytes, at, key);
      let within = 0;
      while (within + PREFIX_BYTES + HEADER_BYTES <= bytes.length) {
        const found = bytes.readUInt32LE(within);
        const sizeBytes = bytes.readUInt32LE(within + 4);
        magic ??= found;
        if (found !== magic || found === 0 || sizeBytes < HEADER_BYTES) return new FileIndex(entries);
        const start = within + PREFIX_BYTES;
        const hash = sha256d(bytes.subarray(start, start + HEADER_BYTES)).readBigUInt64LE(0);
        entries.push({ hash, place: { offset: at + start, sizeBytes } });
        within = start + sizeBytes;
      }
      if (within === 0) break;
      at += within;
    }
    return new FileIndex(entries);
  }

  get count(): number {
    return this.#hashes.length;
  }

  /** @param hash the first 8 bytes of the hash on the wire, as a little-endian number */
  find(hash: bigint): BlockPlace | undefined {
    let low = 0;
    let high = this.#hashes.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const value = this.#hashes[middle] as bigint;
      if (value === hash) {
        return { offset: this.#offsets[middle] as number, sizeBytes: this.#sizes[middle] as number };
      }
      if (value < hash) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}
