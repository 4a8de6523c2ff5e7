/** A number of up to four bytes in Bitcoin's variable length. */
export function compactSizeBytes(value: number): Buffer {
  if (value < 0xfd) return Buffer.from([value]);
  const bytes = Buffer.alloc(value < 0x1_0000 ? 3 : 5);
  bytes[0] = value < 0x1_0000 ? 0xfd : 0xfe;
  if (value < 0x1_0000) bytes.writeUInt16LE(value, 1);
  else bytes.writeUInt32LE(value, 1);
  return bytes;
}

/** Such a number as it stands in the bytes, and where it ends. */
export function readCompactSize(bytes: Buffer, at: number): readonly [value: number, next: number] {
  const first = bytes[at] as number;
  if (first < 0xfd) return [first, at + 1];
  return first === 0xfd ? [bytes.readUInt16LE(at + 1), at + 3] : [bytes.readUInt32LE(at + 1), at + 5];
}
