import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { findMisfit, type OptionSchema, type ValueOf } from "./schema.ts";

/** The option `expectedIntervalMs`: what the age of a tip is held against. */
export const expectedIntervalMs = {
  type: "integer",
  description: "Usual time between two blocks.",
  minimum: 1,
  unit: "milliseconds",
} as const satisfies OptionSchema;

/** The option `name`. */
export const chainName = {
  type: "string",
  description: "The chain's name in answers.",
  minLength: 1,
  maxLength: 64,
} as const satisfies OptionSchema;

const FINALITY_DEPTH = {
  type: "object",
  properties: {
    safe: { type: "integer", description: "Blocks on a block, itself included, that make it safe.", minimum: 1 },
    finalized: { type: "integer", description: "Blocks on a block, itself included, that make it final.", minimum: 1 },
  },
  required: ["safe", "finalized"],
  additionalProperties: false,
} as const;

/** The option `finalityDepth`, for families of which some chain or node leaves it to depth what is final. */
export function finalityDepth(description: string) {
  return { ...FINALITY_DEPTH, description } as const satisfies OptionSchema;
}

/** A chain's options as its configuration gives them. @throws HeadwaterError `config-invalid`, naming what does not fit */
export function readGiven<const S extends OptionSchema>(schema: S, { id, options }: ChainConfig): ValueOf<S> {
  const misfit = findMisfit(schema, options) ?? findReversedDepth(options);
  if (misfit === undefined) return options as ValueOf<S>;
  throw new HeadwaterError("config-invalid", `chain ${id}, options: ${misfit}`, { details: { chain: id } });
}

function findReversedDepth(options: { readonly finalityDepth?: ValueOf<typeof FINALITY_DEPTH> }): string | undefined {
  const { safe, finalized } = options.finalityDepth ?? { safe: 0, finalized: 0 };
  return finalized < safe ? "/finalityDepth/finalized must be >= /finalityDepth/safe" : undefined;
}
