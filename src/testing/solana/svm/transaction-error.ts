/** Why a transaction failed, in the form in which nodes write it: a name, or an object with more. */
export type TransactionError = string | { readonly [name: string]: unknown };

/**
 * Reads the runtime's error out of the debug text of a failure, like `InstructionError(0, Custom(1))`. The package's own
 * objects number the errors by their place in a list that differs from version to version; the names do not.
 */
export function readTransactionError(debugText: string): TransactionError {
  const error = /err: (.*?), meta: TransactionMetadata/s.exec(debugText)?.[1] ?? debugText;
  const instruction = /^InstructionError\((\d+), (.*)\)$/s.exec(error);
  if (instruction) return { InstructionError: [Number(instruction[1]), readDetail(instruction[2] as string)] };
  const named = /^(\w+) \{ (\w+): (\d+) \}$/.exec(error);
  if (named) return { [named[1] as string]: { [named[2] as string]: Number(named[3]) } };
  return readDetail(error);
}

/** `Name`, `Name(7)` or `Name("text")`. */
function readDetail(text: string): TransactionError {
  const detail = /^(\w+)\((.*)\)$/s.exec(text);
  if (!detail) return text;
  const [, name = "", value = ""] = detail;
  return { [name]: /^\d+$/.test(value) ? Number(value) : value.replace(/^"|"$/g, "") };
}

const TEXTS: Readonly<Record<string, string>> = {
  AccountInUse: "Account in use",
  AccountLoadedTwice: "Account loaded twice",
  AccountNotFound: "Attempt to debit an account but found no record of a prior credit.",
  ProgramAccountNotFound: "Attempt to load a program that does not exist",
  InsufficientFundsForFee: "Insufficient funds for fee",
  InvalidAccountForFee: "This account may not be used to pay transaction fees",
  AlreadyProcessed: "This transaction has already been processed",
  BlockhashNotFound: "Blockhash not found",
  SignatureFailure: "Transaction did not pass signature verification",
  InvalidProgramForExecution: "This program may not be used for executing instructions",
  SanitizeFailure: "Transaction failed to sanitize accounts offsets correctly",
  AddressLookupTableNotFound: "Transaction loads an address table account that doesn't exist",
  InvalidAddressLookupTableIndex: "Transaction address table lookup uses an invalid index",
};

/** The sentence that nodes write of an error. @param logs of the transaction: they tell how an instruction failed */
export function describeTransactionError(error: TransactionError, logs: readonly string[]): string {
  if (typeof error === "string") return TEXTS[error] ?? error;
  const { InstructionError: instruction, InsufficientFundsForRent: rent } = error as {
    readonly InstructionError?: readonly [number, unknown];
    readonly InsufficientFundsForRent?: { readonly account_index: number };
  };
  if (rent) return `Transaction results in an account (${rent.account_index}) with insufficient funds for rent`;
  if (!instruction) return JSON.stringify(error);
  const [index, detail] = instruction;
  const told = logs.findLast((line) => / failed: /.test(line))?.split(" failed: ")[1];
  const custom = (detail as { readonly Custom?: number }).Custom;
  const text =
    custom === undefined ? (told ?? JSON.stringify(detail)) : `custom program error: 0x${custom.toString(16)}`;
  return `Error processing Instruction ${index}: ${text}`;
}
