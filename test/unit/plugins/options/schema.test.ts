import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { optionsSchema } from "../../../../src/plugins/evm/options.ts";
import { findMisfit } from "../../../../src/plugins/options/schema.ts";

const address = `0x${"aB".repeat(20)}`;
const check = new Ajv({ strict: false }).compile(optionsSchema);

const fitting: readonly unknown[] = [
  {},
  { trace: undefined },
  { trace: "call", headerRules: "detect", feeRules: "op-stack" },
  { multicall: address },
  { multicall: "none" },
  { finalityDepth: { safe: 1, finalized: 2 } },
  { expectedIntervalMs: 250, slip44: 0x7fff_ffff, nativeDecimals: 0 },
  { name: "N", nativeSymbol: "S".repeat(16), wrappedNative: Array(16).fill(address) },
];

const misfits: readonly (readonly [unknown, string])[] = [
  [null, "/ must be object"],
  [[], "/ must be object"],
  [{ trace: "always" }, "/trace must be one of auto, call, off"],
  [{ trace: null }, "/trace must be string"],
  [{ multicall: "0x12" }, '/multicall must match pattern "^0x[0-9a-fA-F]{40}$|^none$"'],
  [{ finalityDepth: 3 }, "/finalityDepth must be object"],
  [{ finalityDepth: { safe: 1 } }, "/finalityDepth must have required properties finalized"],
  [{ finalityDepth: { safe: 1, finalized: undefined } }, "/finalityDepth must have required properties finalized"],
  [{ finalityDepth: { safe: 0, finalized: 2 } }, "/finalityDepth/safe must be >= 1"],
  [{ finalityDepth: { safe: 1, finalized: 2, latest: 0 } }, "/finalityDepth/latest is no option"],
  [{ nativeDecimals: 78 }, "/nativeDecimals must be <= 77"],
  [{ slip44: 1.5 }, "/slip44 must be integer"],
  [{ slip44: "60" }, "/slip44 must be integer"],
  [{ name: "" }, "/name must not have fewer than 1 characters"],
  [{ nativeSymbol: "S".repeat(17) }, "/nativeSymbol must not have more than 16 characters"],
  [{ wrappedNative: address }, "/wrappedNative must be array"],
  [{ wrappedNative: [address, "0x1"] }, '/wrappedNative/1 must match pattern "^0x[0-9a-fA-F]{40}$"'],
  [{ wrappedNative: Array(17).fill(address) }, "/wrappedNative must not have more than 16 items"],
  [{ toString: 1 }, "/toString is no option"],
];

describe("the options' own check", () => {
  test.each(fitting)("takes %j, as a whole schema library does", (value) => {
    expect(findMisfit(optionsSchema, value)).toBeUndefined();
    expect(check(JSON.parse(JSON.stringify(value)))).toBe(true);
  });

  test.each(misfits)("names what is wrong with %j, which a whole schema library refuses too", (value, misfit) => {
    expect(findMisfit(optionsSchema, value)).toBe(misfit);
    expect(check(JSON.parse(JSON.stringify(value)))).toBe(false);
  });
});
