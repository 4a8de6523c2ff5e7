import { encodeBase58, keyBytes } from "./base58.ts";
import type { Keypair } from "./keypair.ts";
import { shortLength } from "./short-length.ts";

export type AccountUse = { readonly address: string; readonly signer?: boolean; readonly writable?: boolean };

export type Instruction = {
  readonly program: string;
  readonly accounts: readonly AccountUse[];
  readonly data: Uint8Array;
};

/** An address table: its own address, and the addresses in it by their places. */
export type AddressTable = { readonly address: string; readonly addresses: readonly string[] };

export type TransactionDraft = {
  /** Pays the fee and signs first. */
  readonly payer: Keypair;
  /** The others who must sign. */
  readonly signers?: readonly Keypair[];
  readonly instructions: readonly Instruction[];
  readonly blockhash: string;
  /** With tables the transaction is of version 0. */
  readonly tables?: readonly AddressTable[];
};

/** A signed transaction. `wire` is what nodes take, at most 1,232 bytes. */
export type SignedTransaction = { readonly signature: string; readonly wire: Uint8Array };

/** Compiles and signs a transaction: legacy, or of version 0 where it names address tables. */
export function signTransaction({
  payer,
  signers = [],
  instructions,
  blockhash,
  tables,
}: TransactionDraft): SignedTransaction {
  const message = compileMessage(payer.address, instructions, blockhash, tables);
  const keys = new Map([payer, ...signers].map((key) => [key.address, key]));
  const signatures = message.signers.map((address) => {
    const key = keys.get(address);
    if (!key) throw new TypeError(`${address} must sign and is not among the signers`);
    return key.sign(message.bytes);
  });
  return {
    signature: encodeBase58(signatures[0] as Uint8Array),
    wire: Buffer.concat([Buffer.from(shortLength(signatures.length)), ...signatures, message.bytes]),
  };
}

type Use = { signer: boolean; writable: boolean };

function compileMessage(
  payer: string,
  instructions: readonly Instruction[],
  blockhash: string,
  tables: readonly AddressTable[] | undefined,
) {
  const uses = collectUses(payer, instructions);
  const lookups = (tables ?? []).map((table) => takeFromTable(table, uses, instructions));
  const order = [...uses].sort(([, a], [, b]) => rank(a) - rank(b));
  const named = order.map(([address]) => address);
  const count = (test: (use: Use) => boolean) => order.filter(([, use]) => test(use)).length;
  const places = new Map<string, number>();
  const loaded = [...lookups.flatMap(({ writable }) => writable), ...lookups.flatMap(({ readonly }) => readonly)];
  for (const address of [...named, ...loaded.map(([, address]) => address)]) places.set(address, places.size);
  const placeOf = (address: string) => places.get(address) as number;
  const bytes = Buffer.concat([
    Buffer.from(tables ? [0x80] : []),
    Buffer.from([
      count(({ signer }) => signer),
      count(({ signer, writable }) => signer && !writable),
      count(({ signer, writable }) => !signer && !writable),
    ]),
    Buffer.from(shortLength(named.length)),
    ...named.map(keyBytes),
    keyBytes(blockhash),
    Buffer.from(shortLength(instructions.length)),
    ...instructions.flatMap(({ program, accounts, data }) => [
      Buffer.from([
        placeOf(program),
        ...shortLength(accounts.length),
        ...accounts.map(({ address }) => placeOf(address)),
      ]),
      Buffer.from(shortLength(data.length)),
      data,
    ]),
    ...(tables ? [writeLookups(lookups)] : []),
  ]);
  return { bytes, signers: order.filter(([, { signer }]) => signer).map(([address]) => address) };
}

/** The payer first; then what signs, then what does not, each the writable before the others. */
function rank({ signer, writable }: Use): number {
  return (signer ? 0 : 2) + (writable ? 0 : 1);
}

function collectUses(payer: string, instructions: readonly Instruction[]): Map<string, Use> {
  const uses = new Map<string, Use>([[payer, { signer: true, writable: true }]]);
  const add = (address: string, signer: boolean, writable: boolean) => {
    const known = uses.get(address);
    uses.set(address, { signer: signer || (known?.signer ?? false), writable: writable || (known?.writable ?? false) });
  };
  for (const { accounts } of instructions) {
    for (const { address, signer = false, writable = false } of accounts) add(address, signer, writable);
  }
  for (const { program } of instructions) add(program, false, false);
  return uses;
}

type Lookup = {
  readonly address: string;
  readonly writable: readonly (readonly [place: number, address: string])[];
  readonly readonly: readonly (readonly [place: number, address: string])[];
};

/** What the table has is not named in the message, but for signers and programs. */
function takeFromTable(
  { address, addresses }: AddressTable,
  uses: Map<string, Use>,
  all: readonly Instruction[],
): Lookup {
  const programs = new Set(all.map(({ program }) => program));
  const writable: [number, string][] = [];
  const readonly: [number, string][] = [];
  for (const [place, entry] of addresses.entries()) {
    const use = uses.get(entry);
    if (!use || use.signer || programs.has(entry)) continue;
    (use.writable ? writable : readonly).push([place, entry]);
    uses.delete(entry);
  }
  return { address, writable, readonly };
}

function writeLookups(lookups: readonly Lookup[]): Buffer {
  const used = lookups.filter(({ writable, readonly }) => writable.length + readonly.length > 0);
  const places = (list: Lookup["writable"]) => [...shortLength(list.length), ...list.map(([place]) => place)];
  return Buffer.concat([
    Buffer.from(shortLength(used.length)),
    ...used.flatMap(({ address, writable, readonly }) => [
      keyBytes(address),
      Buffer.from([...places(writable), ...places(readonly)]),
    ]),
  ]);
}
