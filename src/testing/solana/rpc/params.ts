import type { Bank } from "../ledger/bank.ts";
import type { Commitment, NodeView } from "../node-view.ts";
import { decodeBase58 } from "../wire/base58.ts";
import { FAULTS, invalidParams } from "./fault.ts";

export type Config = Readonly<Record<string, unknown>>;

/** One method of the node's RPC. Its result is JSON in which bigints are whole numbers. @throws RpcFault */
export type RpcMethod = (view: NodeView, params: readonly unknown[]) => unknown;
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** The configuration object at a place; empty where there is none. */
export function readConfig(value: unknown): Config {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Config;
  throw invalidParams(`Invalid params: invalid type: ${nameOf(value)}, expected a configuration object.`);
}

export function readSlot(value: unknown, count = 1): number {
  if (value === undefined) throw missingParams(count);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidParams(
    `Invalid params: invalid ${typeof value === "number" ? "value" : "type"}: ${nameOf(value)}, expected u64.`,
  );
}

export function readLamports(value: unknown): bigint {
  if (typeof value === "bigint" && value < 2n ** 64n) return value;
  return BigInt(readSlot(value, 2));
}

export function readText(value: unknown, count = 1): string {
  if (value === undefined) throw missingParams(count);
  if (typeof value === "string") return value;
  throw invalidParams(`Invalid params: invalid type: ${nameOf(value)}, expected a string.`);
}

export function readTexts(value: unknown): readonly string[] {
  if (value === undefined) throw missingParams(1);
  if (!Array.isArray(value))
    throw invalidParams(`Invalid params: invalid type: ${nameOf(value)}, expected a sequence.`);
  return value.map((each) => readText(each));
}

/** A public key's text, as it came. */
export function readKey(value: unknown): string {
  return readBytesText(readText(value), 32);
}

/** A signature's text, as it came. */
export function readSignature(value: unknown): string {
  return readBytesText(readText(value), 64);
}

export function readCommitment({ commitment = "finalized" }: Config): Commitment {
  if (commitment === null) return "finalized";
  if (commitment === "processed" || commitment === "confirmed" || commitment === "finalized") return commitment;
  throw invalidParams(
    `Invalid params: unknown variant \`${String(commitment)}\`, expected one of \`processed\`, \`confirmed\`, \`finalized\`.`,
  );
}

/** For what nodes tell of confirmed blocks only. */
export function readAtLeastConfirmed(view: NodeView, config: Config): Commitment {
  const commitment = readCommitment(config);
  if (commitment === "processed" && !view.givesProcessed)
    throw invalidParams("Method does not support commitment below `confirmed`");
  return commitment;
}

/** The bank that the configuration asks for, which must be at least that of `minContextSlot`. */
export function readBank(view: NodeView, config: Config): Bank {
  const bank = view.bank(readCommitment(config));
  const { minContextSlot } = config;
  if (typeof minContextSlot === "number" && bank.slot < minContextSlot) throw FAULTS.minContextSlot(bank.slot);
  return bank;
}

/** An answer about the state after a bank. */
export function withContext(bank: Bank, value: unknown) {
  return { context: { apiVersion: API_VERSION, slot: bank.slot }, value };
}

/** The version of the nodes whose answers are imitated. */
export const API_VERSION = "2.3.0";

function readBytesText(text: string, size: number): string {
  const bytes = text.length <= 2 * size ? decodeBase58(text) : undefined;
  if (bytes?.length === size) return text;
  const reason = bytes === undefined && text.length <= 2 * size ? "Invalid" : "WrongSize";
  throw invalidParams(`Invalid param: ${reason}`);
}

function missingParams(count: number) {
  return invalidParams(`\`params\` should have at least ${count} argument(s)`);
}

function nameOf(value: unknown): string {
  if (typeof value === "string") return `string ${JSON.stringify(value.slice(0, 80))}`;
  if (typeof value === "number")
    return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  if (typeof value === "bigint") return `integer \`${value}\``;
  if (typeof value === "boolean") return `boolean \`${value}\``;
  if (value === null) return "null";
  return Array.isArray(value) ? "sequence" : "map";
}
