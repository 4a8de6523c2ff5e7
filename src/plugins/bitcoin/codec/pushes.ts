/** One step of a script: its opcode, and the data that it pushes, if any. */
export type PushedData = { readonly opcode: number; readonly data: Buffer };

const OP_PUSHDATA1 = 0x4c;
const OP_PUSHDATA4 = 0x4e;

/** The steps of a script, up to where it ends or its bytes end before what they announce. */
export function readPushes(script: Buffer): PushedData[] {
  const steps: PushedData[] = [];
  let at = 0;
  while (at < script.length) {
    const opcode = script[at++] as number;
    let size = opcode < OP_PUSHDATA1 ? opcode : 0;
    if (opcode >= OP_PUSHDATA1 && opcode <= OP_PUSHDATA4) {
      const width = 2 ** (opcode - OP_PUSHDATA1);
      if (at + width > script.length) break;
      size = script.readUIntLE(at, width);
      at += width;
    }
    if (at + size > script.length) break;
    steps.push({ opcode, data: script.subarray(at, at + size) });
    at += size;
  }
  return steps;
}

/** The shortest step that pushes data of up to 65,535 bytes. */
export function writePush(data: Uint8Array): Buffer {
  const { length } = data;
  const head =
    length < OP_PUSHDATA1
      ? [length]
      : length <= 0xff
        ? [OP_PUSHDATA1, length]
        : [OP_PUSHDATA1 + 1, length & 0xff, length >> 8];
  return Buffer.from([...head, ...data]);
}
