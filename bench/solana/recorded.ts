// Recorded transactions as templates of today's blocks: those that were recorded with their bytes.
import { readWireTransaction, type WireTransaction, wireKey } from "../../src/plugins/solana/codec/wire-transaction.ts";
import { readSolanaFixture } from "../../test/support/solana-fixtures.ts";

const BLOCKS = ["devnet_270893658", "devnet_314167369"].map((name) => `helius-labs__photon/${name}.json`);
const ALONE = "jowency-me__solana-tx-parser/mainnet_transactions.json";
const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";

/** What is written anew of a transaction's meta; all else stays as recorded. */
export type Meta = {
  readonly err: unknown;
  readonly status: unknown;
  readonly fee: number;
  readonly preBalances: readonly number[];
  readonly postBalances: readonly number[];
  readonly preTokenBalances: readonly TokenBalance[];
  readonly postTokenBalances: readonly TokenBalance[];
  readonly innerInstructions: readonly { readonly instructions: readonly { readonly programIdIndex: number }[] }[];
  readonly loadedAddresses: { readonly writable: readonly string[]; readonly readonly: readonly string[] };
};

export type TokenBalance = { readonly accountIndex: number; readonly mint: string; readonly owner: string };

type Recorded = {
  readonly transaction: readonly [string, "base64"];
  readonly meta: Meta;
  readonly version: "legacy" | 0;
};

export type Template = {
  readonly wire: WireTransaction;
  /** Its accounts, those out of tables last. */
  readonly keys: readonly string[];
  readonly meta: Meta;
  readonly version: "legacy" | 0;
  /** The names that are its own: accounts, owners and mints of no other template, without programs. */
  readonly own: ReadonlySet<string>;
};

export type Templates = { readonly votes: readonly Template[]; readonly others: readonly Template[] };

/** All recorded transactions with their bytes: votes apart from the others. */
export function readTemplates(): Templates {
  const blocks = BLOCKS.flatMap((path) => readSolanaFixture<RecordedBlock>(path).block.transactions);
  const alone = readSolanaFixture<readonly { readonly tx: Recorded }[]>(ALONE).map(({ tx }) => tx);
  const drafts = [...blocks, ...alone].map(draft);
  const uses = new Map<string, number>();
  for (const { names } of drafts) for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  const templates = drafts.map(({ names, programs, ...template }): Template => {
    const own = new Set([...names].filter((name) => uses.get(name) === 1 && !programs.has(name)));
    return { ...template, own };
  });
  const isVote = ({ keys }: Template) => keys.length === 3 && keys[2] === VOTE_PROGRAM;
  return { votes: templates.filter(isVote), others: templates.filter((template) => !isVote(template)) };
}

type RecordedBlock = { readonly block: { readonly transactions: readonly Recorded[] } };

function draft({ transaction, meta, version }: Recorded) {
  const wire = readWireTransaction(Buffer.from(transaction[0], "base64"), "a recorded transaction");
  const named = Array.from({ length: wire.keys }, (_, i) => wireKey(wire, i));
  const keys = [...named, ...meta.loadedAddresses.writable, ...meta.loadedAddresses.readonly];
  const names = new Set(keys);
  for (const { owner, mint } of [...meta.preTokenBalances, ...meta.postTokenBalances]) names.add(owner).add(mint);
  const inner = meta.innerInstructions.flatMap(({ instructions }) => instructions.map((each) => each.programIdIndex));
  const programs = new Set([...wire.programs, ...inner].map((place) => keys[place] as string));
  return { wire, keys, meta, version, names, programs };
}

/** Which accounts the message lets a transaction write, in their order; those out of tables are not among them. */
export function writableKeys({ wire }: Template): boolean[] {
  const header = wire.messageAt + (wire.version === "legacy" ? 0 : 1);
  const readonlySigners = wire.bytes[header + 1] as number;
  const readonlyOthers = wire.bytes[header + 2] as number;
  return Array.from({ length: wire.keys }, (_, i) =>
    i < wire.signers ? i < wire.signers - readonlySigners : i < wire.keys - readonlyOthers,
  );
}
