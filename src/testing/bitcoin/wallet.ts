import { toBase58Check, toBech32 } from "bitcoinjs-lib/src/address";
import { hash160 } from "bitcoinjs-lib/src/crypto";
import { encode } from "bitcoinjs-lib/src/script_signature";
import { Transaction } from "bitcoinjs-lib/src/transaction";
import { signEcdsa, signSchnorr, type TestKey, testKey, tweakForTaproot } from "./keys.ts";
import type { RegtestNetwork } from "./node-programs.ts";

/** The forms of output scripts that the wallet has keys for. */
export const FORMS = ["p2pkh", "p2wpkh", "p2sh-p2wpkh", "p2tr", "p2pk", "multisig"] as const;

export type Form = (typeof FORMS)[number];

/** A script of the wallet, with what it takes to spend from it. */
export type WalletScript = {
  readonly form: Form;
  readonly keys: readonly TestKey[];
  readonly script: Uint8Array;
  /** Null for the forms that have none. */
  readonly address: string | null;
};

/** An output as one who spends it must know it. */
export type SpendableOutput = {
  readonly id: string;
  readonly position: number;
  readonly amount: bigint;
  readonly owner: WalletScript;
};

export type Payment = { readonly script: Uint8Array; readonly amount: bigint };

const ALL = Transaction.SIGHASH_ALL;

/** The script of this form for the key of this label. The multisig takes two of three keys. */
export function walletScript(form: Form, label: string, network: RegtestNetwork): WalletScript {
  const keys = form === "multisig" ? [0, 1, 2].map((i) => testKey(`${label} ${i}`)) : [testKey(label)];
  const [key] = keys as [TestKey];
  const hash = hash160(key.publicKey);
  switch (form) {
    case "p2pkh":
      return { form, keys, script: pubKeyHashScript(hash), address: toBase58Check(hash, network.pubKeyHash) };
    case "p2wpkh":
      return { form, keys, script: Buffer.from([0, 20, ...hash]), address: toBech32(hash, 0, network.segwit) };
    case "p2sh-p2wpkh": {
      const inner = hash160(Buffer.from([0, 20, ...hash]));
      const script = Buffer.from([0xa9, 20, ...inner, 0x87]);
      return { form, keys, script, address: toBase58Check(inner, network.scriptHash) };
    }
    case "p2tr": {
      const output = tweakForTaproot(key).publicKey.subarray(1);
      return { form, keys, script: Buffer.from([0x51, 32, ...output]), address: toBech32(output, 1, network.segwit) };
    }
    case "p2pk":
      return { form, keys, script: Buffer.from([33, ...key.publicKey, 0xac]), address: null };
    case "multisig": {
      const pushes = keys.flatMap(({ publicKey }) => [33, ...publicKey]);
      return { form, keys, script: Buffer.from([0x52, ...pushes, 0x53, 0xae]), address: null };
    }
  }
}

/**
 * A signed transaction.
 * @param sequence of every input: 0xfffffffd and less let another take its place (BIP125)
 */
export function signTransaction(
  inputs: readonly SpendableOutput[],
  outputs: readonly Payment[],
  sequence = 0xffffffff,
): Transaction {
  const transaction = new Transaction();
  transaction.version = 2;
  for (const { id, position } of inputs) {
    transaction.addInput(Buffer.from(id, "hex").reverse(), position, sequence);
  }
  for (const { script, amount } of outputs) transaction.addOutput(script, amount);
  for (let i = 0; i < inputs.length; i++) {
    const { script, witness } = unlock(transaction, inputs, i);
    if (script) transaction.setInputScript(i, script);
    if (witness) transaction.setWitness(i, witness);
  }
  return transaction;
}

type Unlocking = { readonly script?: Uint8Array; readonly witness?: Uint8Array[] };

function unlock(transaction: Transaction, inputs: readonly SpendableOutput[], i: number): Unlocking {
  const { owner, amount } = inputs[i] as SpendableOutput;
  const [key] = owner.keys as [TestKey];
  const sign = (each: TestKey) => encode(signEcdsa(transaction.hashForSignature(i, owner.script, ALL), each), ALL);
  switch (owner.form) {
    case "p2pkh":
      return { script: push(sign(key), key.publicKey) };
    case "p2pk":
      return { script: push(sign(key)) };
    case "multisig":
      // The leading zero is the item that OP_CHECKMULTISIG takes too many.
      return { script: Buffer.concat([Uint8Array.of(0), push(...owner.keys.slice(0, 2).map(sign))]) };
    case "p2wpkh":
      return { witness: witnessOf(transaction, i, amount, key) };
    case "p2sh-p2wpkh": {
      const inner = Buffer.from([0, 20, ...hash160(key.publicKey)]);
      return { script: push(inner), witness: witnessOf(transaction, i, amount, key) };
    }
    case "p2tr": {
      const scripts = inputs.map((input) => input.owner.script);
      const amounts = inputs.map((input) => input.amount);
      const hash = transaction.hashForWitnessV1(i, scripts, amounts, Transaction.SIGHASH_DEFAULT);
      return { witness: [signSchnorr(hash, tweakForTaproot(key))] };
    }
  }
}

/** BIP143: the script that is signed is that of the key's hash. */
function witnessOf(transaction: Transaction, i: number, amount: bigint, key: TestKey): Uint8Array[] {
  const signed = pubKeyHashScript(hash160(key.publicKey));
  const hash = transaction.hashForWitnessV0(i, signed, amount, ALL);
  return [encode(signEcdsa(hash, key), ALL), key.publicKey];
}

function pubKeyHashScript(hash: Uint8Array): Uint8Array {
  return Buffer.from([0x76, 0xa9, 20, ...hash, 0x88, 0xac]);
}

/** Pushes of less than 76 bytes each. */
function push(...items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(items.flatMap((item) => [Uint8Array.of(item.length), item]));
}
