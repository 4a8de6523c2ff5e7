import type { RawBlock } from "../core/contracts/plugin.ts";
import type { MadeOutput } from "../core/ledger/output-changes.ts";
import type { DecodeAnswer, DecodedBlock, OpenBlock } from "./decode-protocol.ts";
import { unpackOutputs } from "./outputs/packed-outputs.ts";

/** @param asked what was looked at, whose bytes are gone: the answer has a copy of them */
export function asOpen(
  { id, opened }: Extract<DecodeAnswer, { opened: unknown }>,
  asked: RawBlock,
  lane: object,
): OpenBlock {
  const { ref, spends, makes, checks, parts } = opened;
  return {
    outputs: { ref, spends, makes: unpackOutputs(makes) },
    checks,
    raw: { ...asked, parts },
    seen: { lane, id },
  };
}

/** @param open the block after its first look, whose outputs were found to be those of the second */
export function asDecoded(
  { completed, makers }: Extract<DecodeAnswer, { completed: unknown }>,
  { outputs: { spends, makes } }: OpenBlock,
): DecodedBlock {
  const { sealed, checks } = completed;
  if (spends.length === 0 && makes.length === 0) return { sealed, checks };
  const made = makes.map(
    ({ id, account, asset, amount, height, coinbase }, i): MadeOutput => ({
      id,
      account,
      asset,
      amount,
      height,
      coinbase,
      index: makers[i] as number,
    }),
  );
  return { sealed: { ...sealed, outputs: { spends, makes: made } }, checks };
}
