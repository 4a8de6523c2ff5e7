import { isNullOutpoint } from "../codec/outputs.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";

const MIN_SCRIPT_BYTES = 2;
const MAX_SCRIPT_BYTES = 100;

/**
 * That the first transaction, and no other, is a coinbase, and that it says the block's height where it has to (BIP34).
 * @throws IntegrityViolation
 */
export function verifyCoinbase(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { firstInput, outpoint } = block.transactions;
  if (firstInput[1] !== 1 || !isNullOutpoint(block, 0)) {
    throw checks.violation("transaction 0", "a coinbase", "none");
  }
  for (let input = 1; input < outpoint.length; input++) {
    if (isNullOutpoint(block, input)) throw checks.violation("coinbase", "one, which is the first", "another one");
  }
  const script = readScript(block);
  if (script.length < MIN_SCRIPT_BYTES || script.length > MAX_SCRIPT_BYTES) {
    const expected = `${MIN_SCRIPT_BYTES} to ${MAX_SCRIPT_BYTES} bytes`;
    throw checks.violation("coinbase script", expected, `${script.length} bytes`);
  }
  checks.pass("coinbase");
  verifyHeight(block.ref.height, script, network, checks);
}

function verifyHeight(height: number, script: Buffer, network: BitcoinNetwork, checks: BlockChecks): void {
  if (height < network.coinbaseHeightFrom) {
    checks.skip("coinbaseHeight", `before block ${network.coinbaseHeightFrom} blocks do not say their height`);
    return;
  }
  const expected = encodeHeight(height);
  checks.require("coinbase height", expected.toString("hex"), script.toString("hex", 0, expected.length));
  checks.pass("coinbaseHeight");
}

/** The height as scripts push numbers in their shortest form, with which the coinbase's script starts. */
export function encodeHeight(height: number): Buffer {
  if (height === 0) return Buffer.from([0]);
  if (height <= 16) return Buffer.from([0x50 + height]);
  const digits: number[] = [];
  for (let rest = height; rest > 0; rest = Math.floor(rest / 256)) digits.push(rest % 256);
  // The highest bit is the sign.
  if ((digits[digits.length - 1] as number) & 0x80) digits.push(0);
  return Buffer.from([digits.length, ...digits]);
}

/** The script of the coinbase's input. Its length is below 253, or above what is allowed. */
function readScript({ bytes, transactions }: BitcoinBlock): Buffer {
  const at = (transactions.outpoint[0] as number) + 36;
  const size = bytes[at] as number;
  return size < 0xfd ? bytes.subarray(at + 1, at + 1 + size) : bytes.subarray(at, at + size);
}
