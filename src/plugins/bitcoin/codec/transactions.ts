import type { ByteCursor } from "./byte-cursor.ts";

/** Which parts a network's transactions may have. */
export type TransactionRules = { readonly witnesses: boolean; readonly extensionBlocks: boolean };

/**
 * Where the parts of all transactions of a block stand in its bytes: offsets instead of objects, since a block has
 * thousands of each. Inputs and outputs are numbered through the block; those of transaction `i` are
 * `firstInput[i]` to `firstInput[i + 1] - 1`.
 */
export type TransactionTable = {
  readonly count: number;
  readonly start: readonly number[];
  readonly end: readonly number[];
  /** Inputs and outputs with their counts: what an id covers beside version and lock time. */
  readonly bodyStart: readonly number[];
  readonly bodyEnd: readonly number[];
  /** Where the witnesses end, which start at the end of the body. The same number where there are none. */
  readonly witnessEnd: readonly number[];
  readonly firstInput: readonly number[];
  readonly firstOutput: readonly number[];
  /** The outpoint of each input: 32 bytes of the id, 4 of the position. */
  readonly outpoint: readonly number[];
  /** The amount of each output, 8 bytes. */
  readonly amount: readonly number[];
  readonly scriptStart: readonly number[];
  readonly scriptEnd: readonly number[];
  /** The last transaction is the one that balances the extension block. */
  readonly integrating: boolean;
};

type Columns = {
  -readonly [name in keyof TransactionTable]: TransactionTable[name] extends readonly number[]
    ? number[]
    : TransactionTable[name];
};

const WITNESS_FLAG = 1;
const EXTENSION_FLAG = 8;
/** Outpoint, empty script, sequence number. */
const LEAST_INPUT_BYTES = 41;
/** Amount, empty script. */
const LEAST_OUTPUT_BYTES = 9;
/** Version, one input and one output of the least size with their counts, lock time. */
const LEAST_TRANSACTION_BYTES = 10;

/** Reads the transactions of a block with their count. @throws HeadwaterError `node-bad-response` */
export function readTransactions(cursor: ByteCursor, rules: TransactionRules): TransactionTable {
  const table = emptyTable();
  const count = cursor.count("the number of transactions", LEAST_TRANSACTION_BYTES);
  for (let i = 0; i < count; i++) {
    cursor.transaction = i;
    if (table.integrating) throw cursor.error("a transaction after the one that balances the extension block");
    readInto(table, cursor, rules);
  }
  cursor.transaction = -1;
  return table;
}

/**
 * Reads one transaction that is in no block, to its last byte. What it does in an extension block stands before its lock time
 * and is not looked into: all that such a transaction does may be there, so that it has neither inputs nor outputs.
 * @throws HeadwaterError `node-bad-response`
 */
export function readPendingTransaction(cursor: ByteCursor, rules: TransactionRules): TransactionTable {
  const table = emptyTable();
  readInto(table, cursor, rules, true);
  if (cursor.left > 0) throw cursor.error(`${cursor.left} bytes after the transaction's end`);
  return table;
}

/** Reads one transaction that stands alone. @throws HeadwaterError `node-bad-response` */
export function readTransaction(cursor: ByteCursor, rules: TransactionRules): TransactionTable {
  const table = emptyTable();
  readInto(table, cursor, rules);
  return table;
}

function emptyTable(): Columns {
  return {
    count: 0,
    start: [],
    end: [],
    bodyStart: [],
    bodyEnd: [],
    witnessEnd: [],
    firstInput: [0],
    firstOutput: [0],
    outpoint: [],
    amount: [],
    scriptStart: [],
    scriptEnd: [],
    integrating: false,
  };
}

function readInto(table: Columns, cursor: ByteCursor, rules: TransactionRules, isPending = false): void {
  table.start.push(cursor.at);
  cursor.skip(4, "the version");
  const flags = readFlags(cursor, rules);
  table.bodyStart.push(cursor.at);
  const inputs = readInputs(table, cursor, flags);
  readOutputs(table, cursor, isPending && (flags & EXTENSION_FLAG) !== 0);
  table.bodyEnd.push(cursor.at);
  if (flags & WITNESS_FLAG) skipWitnesses(cursor, inputs);
  table.witnessEnd.push(cursor.at);
  if (flags & EXTENSION_FLAG && isPending) {
    cursor.skip(Math.max(0, cursor.left - 4), "the extension transaction");
  } else if (flags & EXTENSION_FLAG) {
    // Within blocks such transactions stand in the extension block; only the balancing one carries the flag, and nothing else.
    if (cursor.uint8("the extension transaction") !== 0)
      throw cursor.error("an extension transaction outside its block");
    table.integrating = true;
  }
  cursor.skip(4, "the lock time");
  table.end.push(cursor.at);
  table.firstInput.push(table.outpoint.length);
  table.firstOutput.push(table.amount.length);
  table.count++;
}

/** A count of 0 inputs is no transaction, but the marker that flags follow (BIP144). */
function readFlags(cursor: ByteCursor, rules: TransactionRules): number {
  if (cursor.bytes[cursor.at] !== 0) return 0;
  if (!rules.witnesses) throw cursor.error("a transaction without inputs");
  const flags = cursor.bytes[cursor.at + 1];
  const known = WITNESS_FLAG | (rules.extensionBlocks ? EXTENSION_FLAG : 0);
  if (flags === undefined || flags === 0 || flags & ~known)
    throw cursor.error(`transaction flags of ${flags ?? "none"}`);
  cursor.at += 2;
  return flags;
}

function readInputs(table: Columns, cursor: ByteCursor, flags: number): number {
  const inputs = cursor.count("the number of inputs", LEAST_INPUT_BYTES);
  // The first transaction that balances the extension block has nothing yet to take over.
  if (inputs === 0 && !(flags & EXTENSION_FLAG)) throw cursor.error("a transaction without inputs");
  for (let i = 0; i < inputs; i++) {
    table.outpoint.push(cursor.at);
    cursor.skip(36, "an outpoint");
    cursor.skipBlob("an input's script");
    cursor.skip(4, "a sequence number");
  }
  return inputs;
}

function readOutputs(table: Columns, cursor: ByteCursor, mayBeNone: boolean): void {
  const outputs = cursor.count("the number of outputs", LEAST_OUTPUT_BYTES);
  if (outputs === 0 && !mayBeNone) throw cursor.error("a transaction without outputs");
  for (let i = 0; i < outputs; i++) {
    table.amount.push(cursor.at);
    cursor.skip(8, "an amount");
    const size = cursor.compactSize("an output's script");
    table.scriptStart.push(cursor.at);
    cursor.skip(size, "an output's script");
    table.scriptEnd.push(cursor.at);
  }
}

function skipWitnesses(cursor: ByteCursor, inputs: number): void {
  let items = 0;
  for (let i = 0; i < inputs; i++) {
    const count = cursor.count("the number of witness items", 1);
    for (let item = 0; item < count; item++) cursor.skipBlob("a witness item");
    items += count;
  }
  // The same transaction would otherwise have two forms.
  if (items === 0) throw cursor.error("a flag for witnesses, of which there are none");
}
