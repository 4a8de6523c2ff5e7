// One repetition of a recorded block: the same transactions in the same shape, with outpoints, keys and amounts of its own.
import { sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";
import { plainMerkleRoot, pushHeight } from "./block-builder.ts";
import type { Outpoint } from "./plain-transactions.ts";
import type { Template } from "./recorded.ts";

const WITNESS_COMMITMENT = Buffer.from("6a24aa21a9ed", "hex");

/** What a repetition is made with. */
export type Repetition = {
  /** The how many-th it is, from 1: keys' and scripts' hashes differ by it. */
  readonly number: number;
  readonly height: number;
  readonly subsidy: number;
  /** Amounts are divided by it. */
  readonly divisor: number;
  /** What the inputs spend that spend from outside, in their order. */
  readonly funds: readonly (Outpoint & { readonly amount: number })[];
};

export type RepeatedBlock = { readonly bytes: Buffer; readonly merkleRoot: Buffer };

/** A script of the usual forms with another hash in it; others stay as they are. In place. */
export function varyScript(bytes: Buffer, start: number, end: number, number: number): void {
  const at = hashPlace(bytes, start, end - start);
  if (at !== undefined) bytes.writeUInt32LE((bytes.readUInt32LE(at) ^ number) >>> 0, at);
}

function hashPlace(bytes: Buffer, start: number, size: number): number | undefined {
  const first = bytes[start];
  if (size === 25 && first === 0x76) return start + 3;
  if (size === 23 && first === 0xa9) return start + 2;
  if ((size === 22 || size === 34) && (first === 0 || first === 0x51)) return start + 2;
  return undefined;
}

/** The header is left to be filled in. */
export function repeatBlock(template: Template, repetition: Repetition): RepeatedBlock {
  const bytes = Buffer.from(template.bytes);
  const { table } = template;
  const ids: Buffer[] = new Array(table.count);
  let funded = 0;
  let fees = 0;
  for (let i = 1; i < table.count; i++) {
    let spent = 0;
    for (let input = table.firstInput[i] as number; input < (table.firstInput[i + 1] as number); input++) {
      const source = template.sources[input] as Template["sources"][number];
      const at = table.outpoint[input] as number;
      if (typeof source === "number") {
        (ids[source] as Buffer).copy(bytes, at);
        const output = (table.firstOutput[source] as number) + bytes.readUInt32LE(at + 32);
        spent += Number(bytes.readBigUInt64LE(table.amount[output]));
        continue;
      }
      const fund = repetition.funds[funded++] as Repetition["funds"][number];
      fund.id.copy(bytes, at);
      bytes.writeUInt32LE(fund.position, at + 32);
      spent += fund.amount;
    }
    fees += spent - changeOutputs(bytes, template, i, spent, repetition);
    ids[i] = idAt(bytes, template, i);
  }
  finishCoinbase(bytes, template, repetition, fees);
  ids[0] = idAt(bytes, template, 0);
  return { bytes, merkleRoot: plainMerkleRoot(ids) };
}

/** Divides the amounts, where by rounding too much came out takes it off again, and varies the scripts. Gives their sum. */
function changeOutputs(
  bytes: Buffer,
  { table }: Template,
  index: number,
  spent: number,
  repetition: Repetition,
): number {
  let sum = 0;
  const first = table.firstOutput[index] as number;
  const end = table.firstOutput[index + 1] as number;
  for (let output = first; output < end; output++) {
    const at = table.amount[output] as number;
    const amount = Math.floor(Number(bytes.readBigUInt64LE(at)) / repetition.divisor);
    bytes.writeBigUInt64LE(BigInt(amount), at);
    sum += amount;
    varyScript(bytes, table.scriptStart[output] as number, table.scriptEnd[output] as number, repetition.number);
  }
  for (let output = first; output < end && sum > spent; output++) {
    const at = table.amount[output] as number;
    const amount = Number(bytes.readBigUInt64LE(at));
    const less = Math.min(amount, sum - spent);
    bytes.writeBigUInt64LE(BigInt(amount - less), at);
    sum -= less;
  }
  return sum;
}

/** Height, reward (all to the first output) and, where there is one, the commitment to the witnesses. */
function finishCoinbase(
  bytes: Buffer,
  template: Template,
  { height, subsidy, number }: Repetition,
  fees: number,
): void {
  const { table } = template;
  pushHeight(height).copy(bytes, (table.outpoint[0] as number) + 37);
  let committed: number | undefined;
  for (let output = 0; output < (table.firstOutput[1] as number); output++) {
    const start = table.scriptStart[output] as number;
    bytes.writeBigUInt64LE(output === 0 ? BigInt(subsidy + fees) : 0n, table.amount[output]);
    if (bytes.subarray(start, start + 6).equals(WITNESS_COMMITMENT)) committed = start + 6;
    else varyScript(bytes, start, table.scriptEnd[output] as number, number);
  }
  if (committed === undefined) return;
  const hashes = Array.from({ length: table.count }, (_, i) =>
    i === 0 ? Buffer.alloc(32) : sha256d(bytes.subarray(table.start[i], table.end[i])),
  );
  const nonce = bytes.subarray((table.witnessEnd[0] as number) - 32, table.witnessEnd[0]);
  sha256d(Buffer.concat([plainMerkleRoot(hashes), nonce])).copy(bytes, committed);
}

function idAt(bytes: Buffer, { table }: Template, i: number): Buffer {
  const [start, end] = [table.start[i] as number, table.end[i] as number];
  return sha256d(
    Buffer.concat([
      bytes.subarray(start, start + 4),
      bytes.subarray(table.bodyStart[i], table.bodyEnd[i]),
      bytes.subarray(end - 4, end),
    ]),
  );
}
