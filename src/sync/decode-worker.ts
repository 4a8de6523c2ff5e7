import { parentPort, workerData } from "node:worker_threads";
import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { Chain, ChainPlugin, CheckResult, RawBlock } from "../core/contracts/plugin.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import { type SealedBlock, sealBlock } from "../core/ledger/seal.ts";

/** What a worker is started with: for each chain its configuration and the URL of its plugin's module. */
export type DecodeWorkerData = {
  readonly chains: readonly { readonly config: ChainConfig; readonly pluginUrl: string }[];
};

export type DecodeJob = { readonly id: number; readonly chain: string; readonly raw: RawBlock };

export type DecodedBlock = { readonly sealed: SealedBlock; readonly checks: readonly CheckResult[] };

export type DecodeAnswer =
  | ({ readonly id: number } & DecodedBlock)
  | { readonly id: number; readonly error: ErrorData };

const { chains } = workerData as DecodeWorkerData;
const opened = new Map<string, Promise<Chain>>();

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
    const { ref, checks } = chain.verify(job.raw);
    const block = chain.decode(job.raw);
    if (block.ref.hash !== ref.hash) {
      throw new HeadwaterError(
        "plugin-invalid",
        `${job.chain}: the plugin verified block ${ref.hash} but decoded ${block.ref.hash}`,
      );
    }
    const sealed = sealBlock(block);
    const done: DecodeAnswer = { id: job.id, sealed, checks };
    const [first] = sealed.encoded;
    // The views of one buffer: it is handed over, and they arrive as views of it.
    parentPort?.postMessage(done, first ? [first.buffer] : []);
  } catch (error) {
    const failed: DecodeAnswer = { id: job.id, error: errorToData(error) };
    parentPort?.postMessage(failed);
  }
}

// At once rather than with the first block, whose wait it would be. What fails is told with each block.
for (const { config } of chains) openChain(config.id).catch(() => {});

parentPort?.on("message", (job: DecodeJob) => void answer(job));
