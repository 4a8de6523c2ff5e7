import { parentPort, type Transferable, workerData } from "node:worker_threads";
import type { BlockOutputs, Chain, ChainPlugin, RawBlock, SpentOutputs } from "../core/contracts/plugin.ts";
import { errorToData, HeadwaterError } from "../core/errors.ts";
import { type SealedBlock, sealBlock } from "../core/ledger/seal.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, LedgerBlock } from "../core/model.ts";
import { markCopy, markOf } from "./content/content-mark.ts";
import type {
  CompleteJob,
  DecodeAnswer,
  DecodedBlock,
  DecodeJob,
  DecodeWorkerData,
  LookJob,
  MarkJob,
  WatchNotice,
} from "./decode-protocol.ts";
import { packOutputs, unpackOutputs } from "./outputs/packed-outputs.ts";
import { assertSameOutputs } from "./outputs/same-outputs.ts";
import { buffersOf, packBlock } from "./packed-block.ts";
import { sizeOf } from "./raw-size.ts";
import { AccountTable } from "./watch/account-table.ts";

const { chains } = workerData as DecodeWorkerData;
const opened = new Map<string, Promise<Chain>>();
const tables = new Map<string, AccountTable>();

/**
 * Blocks between their two looks, oldest first, by the number of the first: the very objects that the plugin has seen, of
 * which it may remember what it read.
 */
const held = new Map<number, { readonly raw: RawBlock; readonly outputs: BlockOutputs; readonly sizeBytes: number }>();
let heldBytes = 0;

function openChain(id: string): Promise<Chain> {
  let chain = opened.get(id);
  if (!chain) {
    chain = (async () => {
      const entry = chains.find(({ config }) => config.id === id);
      if (!entry) throw new HeadwaterError("internal", `the decode worker was started without chain ${id}`);
      const module = (await import(entry.pluginUrl)) as { default: ChainPlugin };
      return module.default.open(entry.config);
    })();
    opened.set(id, chain);
  }
  return chain;
}

async function answer(job: DecodeJob): Promise<void> {
  try {
    const chain = await openChain(job.chain);
    if ("spent" in job) complete(chain, job);
    else if ("like" in job) mark(chain, job);
    else look(chain, job);
  } catch (error) {
    send({ id: job.id, error: errorToData(error) });
  }
}

function look(chain: Chain, { id, chain: chainId, raw, marked }: LookJob): void {
  const outputs = chain.listOutputs?.(raw);
  if (outputs === undefined) {
    const whole = decode(chain, chainId, raw);
    const sealed = packBlock(whole.sealed);
    const mark = marked && { mark: markOf(raw, contentOf(whole)) };
    send({ id, sealed, checks: whole.checks, ...mark }, buffersOf(sealed));
    return;
  }
  const { ref, checks } = chain.verify(raw);
  if (outputs.ref.hash !== ref.hash) throw disagreement(chainId, ref.hash, outputs.ref.hash);
  hold(id, raw, outputs);
  // A copy, so that neither a thread that ends nor one that must forget costs a second fetch.
  const parts = Object.fromEntries(Object.entries(raw.parts).map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  const { spends } = outputs;
  send(
    { id, opened: { ref, spends, makes: packOutputs(outputs.makes), checks, parts } },
    Object.values(parts).map(({ buffer }) => buffer),
  );
}

function mark(chain: Chain, { id, chain: chainId, raw, like }: MarkJob): void {
  const reader = {
    decode: () => sealBlock(chain.decode(raw)),
    verify: () => contentOf(decode(chain, chainId, raw)),
  };
  send({ id, marked: markCopy(raw, like, reader) });
}

/** All that was decoded, also where not all of it is kept. */
function contentOf({ sealed, block: { observations } }: DecodedBlock & { readonly block: LedgerBlock }): SealedBlock {
  return { ...sealed, observations };
}

function complete(chain: Chain, { id, chain: chainId, seen, raw, spent }: CompleteJob): void {
  const kept = seen === undefined ? undefined : release(seen);
  const block = kept?.raw ?? raw;
  const outputs = kept?.outputs ?? (raw && chain.listOutputs?.(raw));
  if (!block) {
    send({ id, forgotten: true });
    return;
  }
  if (!outputs) throw new HeadwaterError("plugin-invalid", `${chainId}: a block that had outputs has none any more`);
  const decoded = decode(chain, chainId, block, unpackOutputs(spent, outputs.spends));
  assertSameOutputs(chainId, outputs, decoded.block.transactions, decoded.sealed);
  const sealed = packBlock(decoded.sealed);
  send({ id, completed: { sealed, checks: decoded.checks } }, buffersOf(sealed));
}

function decode(
  chain: Chain,
  chainId: string,
  raw: RawBlock,
  spent?: SpentOutputs,
): DecodedBlock & { readonly block: LedgerBlock } {
  const { ref, checks } = chain.verify(raw, spent);
  const block = chain.decode(raw, spent);
  if (block.ref.hash !== ref.hash) throw disagreement(chainId, ref.hash, block.ref.hash);
  return { sealed: sealBlock(block, keeper(chainId, ref.height)), checks, block };
}

/** Whose part of a block is kept; undefined where all of it is. */
function keeper(chainId: string, height: number): ((account: Account) => boolean) | undefined {
  const scope = chains.find(({ config }) => config.id === chainId)?.config.index.scope;
  if (scope !== "watched") return undefined;
  const table = tables.get(chainId);
  if (!table)
    throw new HeadwaterError("internal", `${chainId}: a block came before it was told which accounts are kept`);
  return (account) => table.keeps(account, height);
}

function disagreement(chainId: string, verified: string, decoded: string): HeadwaterError {
  return new HeadwaterError(
    "plugin-invalid",
    `${chainId}: the plugin verified block ${verified} but decoded ${decoded}`,
  );
}

function hold(id: number, raw: RawBlock, outputs: BlockOutputs): void {
  const sizeBytes = sizeOf(raw);
  held.set(id, { raw, outputs, sizeBytes });
  heldBytes += sizeBytes;
  for (const oldest of held.keys()) {
    if (heldBytes <= LIMITS.decodeHeldBytes || oldest === id) break;
    release(oldest);
  }
}

function release(id: number) {
  const kept = held.get(id);
  if (kept) heldBytes -= kept.sizeBytes;
  held.delete(id);
  return kept;
}

function send(message: DecodeAnswer, transfer: readonly Transferable[] = []): void {
  parentPort?.postMessage(message, transfer);
}

// At once rather than with the first block, whose wait it would be. What fails is told with each block.
for (const { config } of chains) openChain(config.id).catch(() => {});

parentPort?.on("message", (message: DecodeJob | WatchNotice) => {
  if ("watched" in message) tables.set(message.chain, new AccountTable(message.watched));
  else void answer(message);
});
