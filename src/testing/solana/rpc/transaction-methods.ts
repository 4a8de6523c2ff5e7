import type { Bank } from "../ledger/bank.ts";
import { feeForMessage, resolveKeys } from "../ledger/execute.ts";
import { BLOCKHASH_BLOCKS } from "../ledger/ledger.ts";
import type { NodeView } from "../node-view.ts";
import type { RunResult } from "../svm/svm.ts";
import { describeTransactionError, type TransactionError } from "../svm/transaction-error.ts";
import { decodeBase58, keyBytes } from "../wire/base58.ts";
import { PACKET_BYTES, readMessage, readWire, WireProblem, type WireTransaction } from "../wire/read-wire.ts";
import { verifySignatures } from "../wire/verify-signatures.ts";
import { readerOf } from "./account-methods.ts";
import { FAULTS, invalidParams, RPC_CODES, RpcFault } from "./fault.ts";
import {
  type Config,
  type RpcMethods,
  readBank,
  readConfig,
  readKey,
  readLamports,
  readText,
  readTexts,
  withContext,
} from "./params.ts";
import { showAccount } from "./show-account.ts";

const TRANSACTION = "solana_transaction::versioned::VersionedTransaction";
const MESSAGE = "solana_message::versions::VersionedMessage";
const MAX_BASE64 = 1_644;
const MAX_BASE58 = 1_683;
/** Blocks whose priority fees nodes remember, and keys that may be asked about at once. */
const FEE_BLOCKS = 150;
const MAX_FEE_KEYS = 128;

export const TRANSACTION_METHODS: RpcMethods = {
  getLatestBlockhash: (view, [config]) => {
    const bank = readBank(view, readConfig(config));
    return withContext(bank, { blockhash: bank.blockhash, lastValidBlockHeight: bank.height + BLOCKHASH_BLOCKS });
  },
  isBlockhashValid: (view, [text, config]) => {
    const blockhash = readKey(text);
    const bank = readBank(view, readConfig(config));
    return withContext(bank, view.cluster.ledger.isBlockhashValid(blockhash, bank));
  },
  getFeeForMessage: (view, [text, config]) => {
    const bytes = decode(readText(text), "base64", MESSAGE);
    const bank = readBank(view, readConfig(config));
    const message = orInvalid(() => readMessage(bytes), MESSAGE);
    const isValid = view.cluster.ledger.isBlockhashValid(message.recentBlockhash, bank);
    return withContext(bank, isValid ? feeForMessage(message) : null);
  },
  getRecentPrioritizationFees: (view, [keys]) => {
    const wanted = keys === undefined || keys === null ? [] : readTexts(keys).map(readKey);
    if (wanted.length > MAX_FEE_KEYS) throw invalidParams(`Too many inputs provided; max ${MAX_FEE_KEYS}`);
    return listFees(view.confirmed, wanted);
  },
  sendTransaction: (view, [text, config]) => {
    const options = readConfig(config);
    const wire = readSent(text, options);
    const bank = readBank(view, {
      ...options,
      commitment: options["skipPreflight"] === true ? "processed" : options["preflightCommitment"],
    });
    if (options["skipPreflight"] !== true) {
      if (!verifySignatures(wire)) throw FAULTS.signatureFailure();
      if (view.blocksBehind > 0) throw FAULTS.nodeUnhealthy(view.blocksBehind);
      const { err, logs, computeUnits, returnData } = simulate(view, wire, bank);
      if (err !== null) {
        const message = `Transaction simulation failed: ${describeTransactionError(err, logs)}`;
        throw new RpcFault(RPC_CODES.preflightFailure, message, {
          ...showOutcome({ err, logs, computeUnits, returnData, inner: [] }),
          accounts: null,
          innerInstructions: null,
          replacementBlockhash: null,
        });
      }
    }
    view.cluster.send(wire.wire);
    return wire.signatures[0];
  },
  simulateTransaction: (view, [text, config]) => {
    const options = readConfig(config);
    const sent = readSent(text, options);
    const bank = readBank(view, options);
    const replaces = options["replaceRecentBlockhash"] === true;
    if (replaces && options["sigVerify"] === true) {
      throw invalidParams("sigVerify may not be used with replaceRecentBlockhash");
    }
    if (options["sigVerify"] === true && !verifySignatures(sent)) throw FAULTS.signatureFailure();
    const wire = replaces ? withBlockhash(sent, bank.blockhash) : sent;
    const result = simulate(view, wire, bank);
    return withContext(bank, {
      ...showOutcome(result),
      accounts: showAfter(view, bank, options["accounts"], result),
      innerInstructions: options["innerInstructions"] === true ? result.inner : null,
      replacementBlockhash: replaces
        ? { blockhash: bank.blockhash, lastValidBlockHeight: bank.height + BLOCKHASH_BLOCKS }
        : null,
    });
  },
  requestAirdrop: (view, [key, lamports, config]) => {
    const address = readKey(key);
    const amount = readLamports(lamports);
    const { recentBlockhash } = readConfig(config);
    const { cluster } = view;
    const blockhash = recentBlockhash === undefined ? view.processed.blockhash : readKey(recentBlockhash);
    return cluster.send(cluster.signAirdrop(address, amount, blockhash).wire);
  },
};

type Simulated = RunResult & { readonly after?: ReturnType<NodeView["cluster"]["ledger"]["simulate"]>["after"] };

function simulate(view: NodeView, wire: WireTransaction, bank: Bank): Simulated {
  const { ledger } = view.cluster;
  const refuse = (err: TransactionError): Simulated => ({
    err,
    logs: [],
    inner: [],
    computeUnits: 0,
    returnData: undefined,
  });
  const refusal = ledger.refusal(wire, bank);
  if (refusal) return refuse(refusal);
  if (!resolveKeys(wire, readerOf(view, bank))) return refuse("AddressLookupTableNotFound");
  return ledger.simulate(wire.wire, bank, false);
}

function showOutcome({ err, logs, computeUnits, returnData }: RunResult) {
  return {
    err,
    logs,
    unitsConsumed: computeUnits,
    returnData: returnData ? { programId: returnData.programId, data: [returnData.data, "base64"] } : null,
  };
}

function showAfter(view: NodeView, bank: Bank, wanted: unknown, { err, after }: Simulated): unknown {
  if (wanted === undefined || wanted === null) return null;
  const config = readConfig(wanted);
  const addresses = readTexts(config["addresses"]).map(readKey);
  if (err !== null) return addresses.map(() => null);
  const read = (address: string) => after?.get(address) ?? view.cluster.account(address, bank);
  return addresses.map((address) => showAccount(read(address), config, read, "base64"));
}

function readSent(text: unknown, { encoding = "base58" }: Config): WireTransaction {
  const encoded = readText(text);
  if (encoding !== "base58" && encoding !== "base64") {
    throw invalidParams(`unsupported encoding: ${String(encoding)}. Supported encodings: base58, base64`);
  }
  const bytes = decode(encoded, encoding, TRANSACTION);
  return orInvalid(() => readWire(bytes), TRANSACTION);
}

function decode(text: string, encoding: "base58" | "base64", what: string): Uint8Array {
  const most = encoding === "base64" ? MAX_BASE64 : MAX_BASE58;
  if (text.length > most) {
    throw invalidParams(
      `${encoding} encoded ${what} too large: ${text.length} bytes (max: encoded/raw ${most}/${PACKET_BYTES})`,
    );
  }
  const bytes = encoding === "base64" ? decodeBase64(text) : decodeBase58(text);
  if (!bytes) throw invalidParams(`invalid ${encoding} encoding`);
  return bytes;
}

function decodeBase64(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}

function orInvalid<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireProblem) throw invalidParams(`failed to deserialize ${what}: ${error.message}`);
    throw error;
  }
}

function withBlockhash(sent: WireTransaction, blockhash: string): WireTransaction {
  const wire = Buffer.from(sent.wire);
  wire.set(keyBytes(blockhash), sent.blockhashAt);
  return readWire(wire);
}

/** The lowest price of each of the newest blocks, of the transactions that write to all the keys; 0 where none did. Oldest first. */
function listFees(tip: Bank, keys: readonly string[]) {
  const fees: { slot: number; prioritizationFee: bigint }[] = [];
  for (let bank: Bank | undefined = tip; bank && fees.length < FEE_BLOCKS; bank = bank.parent) {
    const prices = bank.transactions
      .filter(({ isVote, keys: named }) => !isVote && keys.every((key) => named.includes(key)))
      .map(({ unitPrice }) => unitPrice);
    const lowest = prices.reduce<bigint | undefined>(
      (low, price) => (low === undefined || price < low ? price : low),
      undefined,
    );
    fees.push({ slot: bank.slot, prioritizationFee: lowest ?? 0n });
  }
  return fees.reverse();
}
