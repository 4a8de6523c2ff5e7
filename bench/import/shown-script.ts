// What an input shows of the script that it runs: enough to tell the script of the output that it spends.
import { createHash } from "node:crypto";
import { sha256 } from "../../src/plugins/bitcoin/codec/hashing.ts";
import type { TransactionTable } from "../../src/plugins/bitcoin/codec/transactions.ts";
import { readCompactSize } from "./compact-size.ts";

/**
 * The output script that an input of a transaction spends, as its own script and witnesses show it: a key's hash, a script's
 * hash, or a witness program of version 0. Where they show none of these, a key of zeros (P2PK).
 */
export function shownScript(bytes: Buffer, table: TransactionTable, transaction: number, input: number): Buffer {
  const at = (table.outpoint[(table.firstInput[transaction] as number) + input] as number) + 36;
  const [size, start] = readCompactSize(bytes, at);
  const script = bytes.subarray(start, start + size);
  const pushes = readPushes(script);
  const last = pushes.at(-1);
  if (last === undefined) {
    const witness = witnessesOf(bytes, table, transaction, input);
    const shown = witness.at(-1) ?? Buffer.alloc(0);
    if (witness.length === 2 && shown.length === 33) return Buffer.concat([Buffer.of(0, 20), hash160(shown)]);
    return Buffer.concat([Buffer.of(0, 32), sha256(shown)]);
  }
  const isKey = pushes.length === 2 && (last.length === 33 || last.length === 65);
  if (isKey) return Buffer.concat([Buffer.of(0x76, 0xa9, 20), hash160(last), Buffer.of(0x88, 0xac)]);
  if (pushes.length === 1 && last.length > 40)
    return Buffer.concat([Buffer.of(33, 2), Buffer.alloc(32), Buffer.of(0xac)]);
  return Buffer.concat([Buffer.of(0xa9, 20), hash160(last), Buffer.of(0x87)]);
}

function hash160(bytes: Buffer): Buffer {
  return createHash("ripemd160").update(sha256(bytes)).digest();
}

/** The data that a script of pushes leaves. */
function readPushes(script: Buffer): Buffer[] {
  const pushes: Buffer[] = [];
  for (let at = 0; at < script.length; ) {
    const code = script[at++] as number;
    let size = code;
    if (code === 0x4c) size = script[at++] as number;
    else if (code === 0x4d) {
      size = script.readUInt16LE(at);
      at += 2;
    } else if (code > 0x4d) size = 0;
    pushes.push(script.subarray(at, at + size));
    at += size;
  }
  return pushes;
}

function witnessesOf(bytes: Buffer, table: TransactionTable, transaction: number, input: number): Buffer[] {
  let at = table.bodyEnd[transaction] as number;
  for (let i = 0; ; i++) {
    const [count, first] = readCompactSize(bytes, at);
    at = first;
    const items: Buffer[] = [];
    for (let item = 0; item < count; item++) {
      const [size, start] = readCompactSize(bytes, at);
      items.push(bytes.subarray(start, start + size));
      at = start + size;
    }
    if (i === input) return items;
  }
}
