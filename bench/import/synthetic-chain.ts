import { BlockBuilder, subsidyAt } from "./block-builder.ts";
import { ChainWriter } from "./chain-file.ts";
import { type Funds, Treasury } from "./funding.ts";
import type { Template } from "./recorded.ts";
import { repeatBlock } from "./repeated-block.ts";

/** How many repetitions of a block ahead what it spends is made: about a tenth of a chain of 200 MB. */
const AHEAD = 10;
/** What the opening's empty blocks make at most, satoshi. */
const MAX_COIN = 10_000 * 100_000_000;

export type SyntheticChain = {
  readonly blocks: number;
  readonly sizeBytes: number;
  /** Of these bytes, those of repeated recorded blocks. */
  readonly recordedBytes: number;
  /** What amounts are divided by. */
  readonly divisor: number;
  readonly tip: string;
};

/**
 * Writes a chain of regtest of at least the size: recorded blocks over and over, each repetition with keys of its own, and
 * between them the blocks that make what they spend. It holds every rule that is checked without running scripts.
 */
export function writeSyntheticChain(path: string, templates: readonly Template[], sizeBytes: number): SyntheticChain {
  const file = new ChainWriter(path);
  const builder = new BlockBuilder(file);
  const treasury = new Treasury(builder);
  const mean = templates.reduce((sum, { amount }) => sum + amount, 0) / templates.length;
  const repetitions = plan(templates, sizeBytes);
  let divisor = 1;
  while ((mean * repetitions.length) / divisor > MAX_COIN) divisor *= 2;
  treasury.open(((mean * repetitions.length) / divisor) * 1.02 + 100_000_000);
  const funds: Funds[] = [];
  const fund = (i: number) => {
    const template = repetitions[i];
    if (template) funds.push(treasury.fund(template, 1 + i, divisor));
  };
  let recordedBytes = 0;
  for (let i = 0; i < AHEAD; i++) fund(i);
  for (const [i, template] of repetitions.entries()) {
    const { height } = builder;
    const subsidy = subsidyAt(height);
    const { bytes, merkleRoot } = repeatBlock(template, {
      number: 1 + i,
      height,
      subsidy,
      divisor,
      funds: funds[i] as Funds,
    });
    builder.append(bytes, merkleRoot);
    recordedBytes += bytes.length;
    funds[i] = [];
    fund(i + AHEAD);
  }
  file.close();
  return { blocks: builder.height, sizeBytes: builder.sizeBytes, recordedBytes, divisor, tip: builder.tip };
}

/** The templates in turns, as many as make the chain large enough: what pays for them comes on top. */
function plan(templates: readonly Template[], sizeBytes: number): Template[] {
  const repetitions: Template[] = [];
  let planned = 0;
  for (let i = 0; planned < sizeBytes; i++) {
    const template = templates[i % templates.length] as Template;
    repetitions.push(template);
    const makers = new Set(template.sources.map((source) => (typeof source === "number" ? "" : source.maker))).size;
    planned += template.bytes.length + makers * 190 + template.outside * 33;
  }
  return repetitions;
}
