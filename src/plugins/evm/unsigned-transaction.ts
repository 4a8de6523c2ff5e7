import { quantity, type RlpItem } from "./rlp.ts";
import type { RpcTransaction } from "./rpc-types.ts";
import { ADDRESS, DATA, type Form, HASH, QUANTITY } from "./shape.ts";

/** A field that a transaction's type needs is missing or of another form. */
export class UnreadableField extends Error {
  readonly field: string;
  readonly expected: string;
  readonly value: unknown;

  constructor(field: string, expected: string, value: unknown) {
    super(`${field}: expected ${expected}`);
    this.name = "UnreadableField";
    this.field = field;
    this.expected = expected;
    this.value = value;
  }
}

type Field = (tx: RpcTransaction) => RlpItem;

const from: Field = (tx) => tx.from;
const to: Field = (tx) => tx.to ?? "0x";
const nonce: Field = (tx) => quantity(tx.nonce);
const gas: Field = (tx) => quantity(tx.gas);
const value: Field = (tx) => quantity(tx.value);
const input: Field = (tx) => tx.input;
// Nitro tells the cap that such a transaction carries as its gas price.
const feeCap: Field = (tx) => number("maxFeePerGas", "gasPrice")(tx);

/**
 * What types that nobody signs consist of, in their encodings' order. Their hash covers `from` itself.
 *
 * 0x7e: deposits of the OP stack (specs.optimism.io, deposits). 0x64 to 0x6a: Arbitrum Nitro's messages from the layer
 * below, retries, and the block's own first transaction (OffchainLabs/go-ethereum, arb_types).
 */
const UNSIGNED_TYPES: Readonly<Record<number, readonly Field[]>> = {
  126: [hash("sourceHash"), from, to, optionalNumber("mint"), value, gas, flag("isSystemTx"), input],
  100: [number("chainId"), hash("requestId"), from, to, value],
  101: [number("chainId"), from, nonce, feeCap, gas, to, value, input],
  102: [number("chainId"), hash("requestId"), from, feeCap, gas, to, value, input],
  104: [
    number("chainId"),
    nonce,
    from,
    feeCap,
    gas,
    to,
    value,
    input,
    hash("ticketId"),
    address("refundTo"),
    number("maxRefund"),
    number("submissionFeeRefund"),
  ],
  105: [
    number("chainId"),
    hash("requestId"),
    from,
    number("l1BaseFee"),
    number("depositValue"),
    feeCap,
    gas,
    optionalAddress("retryTo"),
    number("retryValue"),
    address("beneficiary"),
    number("maxSubmissionFee"),
    address("refundTo"),
    data("retryData"),
  ],
  106: [number("chainId"), input],
};

const ARBOS = "0x00000000000000000000000000000000000a4b05";
const RETRYABLES = "0x000000000000000000000000000000000000006e";

/** What nodes tell of an unsigned type although its encoding does not hold it: the type implies it. */
const IMPLIED: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  105: { to: RETRYABLES, value: "0x0" },
  106: { from: ARBOS, to: ARBOS, value: "0x0" },
};

/** The fields that an unsigned type implies, and their values; undefined for a type that is not one of these. */
export function findImpliedFields(type: number): Readonly<Record<string, string>> | undefined {
  return UNSIGNED_TYPES[type] && (IMPLIED[type] ?? {});
}

/** The fields of a transaction that nobody signs, or undefined for another type. @throws UnreadableField */
export function listUnsignedFields(type: number, tx: RpcTransaction): RlpItem[] | undefined {
  return UNSIGNED_TYPES[type]?.map((read) => read(tx));
}

function text(name: string, form: Form, found: unknown): string {
  const folded = typeof found === "string" ? found.toLowerCase() : "";
  if (!form.pattern.test(folded) || (form === DATA && folded.length % 2 === 1)) {
    throw new UnreadableField(name, form.says, found);
  }
  return folded;
}

/** The quantity under the first of these names that is there. */
function number(...names: readonly [string, ...string[]]): Field {
  return (tx) => {
    const name = names.find((candidate) => tx[candidate] !== undefined && tx[candidate] !== null) ?? names[0];
    return quantity(text(name, QUANTITY, tx[name]));
  };
}

function optionalNumber(name: string): Field {
  return (tx) => (tx[name] === undefined || tx[name] === null ? "0x" : quantity(text(name, QUANTITY, tx[name])));
}

function hash(name: string): Field {
  return (tx) => text(name, HASH, tx[name]);
}

function address(name: string): Field {
  return (tx) => text(name, ADDRESS, tx[name]);
}

function optionalAddress(name: string): Field {
  return (tx) => (tx[name] === undefined || tx[name] === null ? "0x" : text(name, ADDRESS, tx[name]));
}

function data(name: string): Field {
  return (tx) => text(name, DATA, tx[name]);
}

function flag(name: string): Field {
  return (tx) => (tx[name] === true ? "0x01" : "0x");
}
