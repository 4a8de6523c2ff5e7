// A chain in one file: each block's length in four bytes, then its bytes, in the order of heights from 0.
import { closeSync, openSync, readSync, writeSync } from "node:fs";

export class ChainWriter {
  readonly #file: number;
  #sizeBytes = 0;
  readonly #head = Buffer.alloc(4);

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(block: Uint8Array): void {
    this.#head.writeUInt32LE(block.length);
    writeSync(this.#file, this.#head);
    writeSync(this.#file, block);
    this.#sizeBytes += block.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The blocks in order, each in a buffer of its own, which may be handed to another thread. */
export function* readChain(path: string): Generator<Uint8Array<ArrayBuffer>> {
  const file = openSync(path, "r");
  const head = Buffer.alloc(4);
  try {
    while (readSync(file, head) === head.length) {
      const block = new Uint8Array(head.readUInt32LE());
      if (readSync(file, block) !== block.length) throw new Error(`${path} ends within a block`);
      yield block;
    }
  } finally {
    closeSync(file);
  }
}
