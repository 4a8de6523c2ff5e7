import type { RawBlock } from "../core/contracts/plugin.ts";
import type { DecodeAnswer, DecodedBlock, OpenBlock, SentBlock } from "./decode-protocol.ts";
import { unpackOutputs } from "./outputs/packed-outputs.ts";
import { unpackBlock } from "./packed-block.ts";

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

export function asDecoded({ sealed, checks, mark }: SentBlock): DecodedBlock {
  return { sealed: unpackBlock(sealed), checks, ...(mark && { mark }) };
}
