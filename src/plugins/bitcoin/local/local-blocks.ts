import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LIMITS } from "../../../core/limits.ts";
import { hashBytes, hashText, sha256d } from "../codec/hashing.ts";
import { FileIndex, unmask } from "./file-index.ts";

const BLOCK_FILE = /^blk(\d{5,})\.dat$/;
const HEADER_BYTES = 80;
/** Blocks stand in files in the order in which they came, which is nearly that of their heights. */
const NEAR_FILES = 2;

/**
 * The blocks in the files of a node whose disk is this machine's: no node is asked for their bytes, which are half of all that
 * taking in a chain from its beginning waits for. The files are looked through once, in the background; what is not found
 * (yet) is the nodes' business. Files that cannot be read are as if they were not there.
 *
 * One object serves all nodes of a chain: a block is held against its hash, whoever told that.
 */
export class LocalBlocks {
  readonly #directory: string;
  /** By file, in the order of the numbers in their names. */
  readonly #files: { readonly path: string; readonly index: FileIndex }[] = [];
  #key: Uint8Array | undefined;
  #looking: Promise<void> | undefined;
  #lastHit = 0;

  /** @param directory the node's `blocks` folder */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The serialized block with the hash, in a buffer of its own; undefined where it is not found, or another stands there. */
  async read(hash: string): Promise<Uint8Array | undefined> {
    this.#looking ??= this.#lookThrough();
    const wanted = hashBytes(hash);
    const found = this.#find(wanted.readBigUInt64LE(0));
    if (found === undefined || found.place.sizeBytes > LIMITS.nodeResponseBytes) return undefined;
    const { path, place } = found;
    const bytes = Buffer.from(new ArrayBuffer(place.sizeBytes));
    try {
      await using file = await open(path);
      const { bytesRead } = await file.read(bytes, 0, place.sizeBytes, place.offset);
      if (bytesRead < place.sizeBytes) return undefined;
    } catch {
      // A pruning node removes files while they are looked at.
      return undefined;
    }
    unmask(bytes, place.offset, this.#key);
    return hashText(sha256d(bytes.subarray(0, HEADER_BYTES))) === hash ? bytes : undefined;
  }

  /** Resolves when all files there were have been looked through. */
  async settled(): Promise<void> {
    this.#looking ??= this.#lookThrough();
    await this.#looking;
  }

  #find(hash: bigint) {
    const near = this.#search(hash, this.#lastHit - NEAR_FILES, this.#lastHit + NEAR_FILES);
    return near ?? this.#search(hash, 0, this.#files.length - 1);
  }

  #search(hash: bigint, from: number, to: number) {
    for (let i = Math.max(0, from); i <= Math.min(to, this.#files.length - 1); i++) {
      const { path, index } = this.#files[i] as { path: string; index: FileIndex };
      const place = index.find(hash);
      if (place === undefined) continue;
      this.#lastHit = i;
      return { path, place };
    }
    return undefined;
  }

  async #lookThrough(): Promise<void> {
    try {
      this.#key = await readKey(join(this.#directory, "xor.dat"));
      const names = (await readdir(this.#directory)).filter((name) => BLOCK_FILE.test(name));
      names.sort((a, b) => numberOf(a) - numberOf(b));
      let blocks = 0;
      for (const name of names) {
        const path = join(this.#directory, name);
        await using file = await open(path);
        const index = await FileIndex.read(file, this.#key);
        blocks += index.count;
        if (blocks > LIMITS.localBlocks) return;
        this.#files.push({ path, index });
      }
    } catch {
      // What was found until here serves.
    }
  }
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  try {
    const key = await readFile(path);
    return key.some((byte) => byte !== 0) ? key : undefined;
  } catch {
    // Nodes before Bitcoin Core 28 have none.
    return undefined;
  }
}

function numberOf(name: string): number {
  return Number(BLOCK_FILE.exec(name)?.[1]);
}
