import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatAccountId,
  formatAssetId,
  isChainId,
  isLocalAsset,
  parseAccountId,
  parseAssetId,
  parseChainId,
  quote,
} from "../../../src/core/caip.ts";
import { codeOf } from "../../support/error-code.ts";

type Case = { readonly id: string; readonly comment: string };
const official = JSON.parse(
  readFileSync(new URL("../../fixtures/caip/caip_test_cases.json", import.meta.url), "utf8"),
) as Record<string, Case[]>;

/** The official cases of one CAIP, as rows for a table. At least `floor` of them, so that a lost file is seen. */
function cases(caip: string, floor: number): [string, string][] {
  const rows = (official[caip] ?? []).map(({ id, comment }): [string, string] => [id, comment]);
  if (rows.length < floor) throw new Error(`${caip}: ${rows.length} cases, expected at least ${floor}`);
  return rows;
}

const chain = "eip155:1";
const x = (count: number) => "x".repeat(count);

describe("chain ids (CAIP-2)", () => {
  it.each(cases("caip-2", 11))("%s (%s)", (id) => {
    expect(parseChainId(id)).toBe(id);
  });

  it.each([
    "",
    "eip155",
    "eip155:",
    ":1",
    "ei:1",
    "eip155xxx:1",
    "EIP155:1",
    `eip155:${x(33)}`,
    "eip155:1:2",
    "eip155:1 ",
    " eip155:1",
    "eip155:1\n",
    "eip155:ü",
    "eip155:1/slip44:60",
    "eip155:%31",
  ])("refuses %j", (text) => {
    expect(isChainId(text)).toBe(false);
    expect(codeOf(() => parseChainId(text))).toBe("invalid-chain");
  });
});

describe("account ids (CAIP-10)", () => {
  it.each(cases("caip-10", 7))("%s (%s)", (id) => {
    const parsed = parseAccountId(id);
    expect(formatAccountId(parsed)).toBe(id);
    expect(isChainId(parsed.chain)).toBe(true);
    expect(parsed.address).not.toContain(":");
  });

  it.each([
    "",
    chain,
    `${chain}:`,
    `${chain}:a:b`,
    `${chain}:${x(129)}`,
    `${chain}:a b`,
    `${chain}:a\n`,
    `${chain}:a/b`,
    "1:a",
    `${chain}:ä`,
    `${chain}:_`,
  ])("refuses %j", (text) => {
    expect(codeOf(() => parseAccountId(text))).toBe("invalid-account");
  });

  it("takes the longest address", () => {
    expect(parseAccountId(`${chain}:${x(128)}`).address).toHaveLength(128);
  });
});

describe("asset ids (CAIP-19)", () => {
  it.each([
    ...cases("caip-19", 11),
    ...cases("caip-20", 6),
    ...cases("caip-21", 2),
    ...cases("caip-22", 2),
    ...cases("caip-29", 2),
  ])("%s (%s)", (id) => {
    const parsed = parseAssetId(id);
    expect(formatAssetId(parsed)).toBe(id);
    expect(isChainId(parsed.chain)).toBe(true);
    expect(isLocalAsset(parsed.asset)).toBe(true);
  });

  it.each([
    "",
    chain,
    `${chain}/`,
    `${chain}/slip44`,
    `${chain}/slip44:`,
    `${chain}/sl:60`,
    `${chain}/SLIP44:60`,
    `${chain}/erc721:0xab/`,
    `${chain}/erc721:0xab/1/2`,
    `${chain}/erc721:${x(129)}`,
    `${chain}/erc721:0xab/${x(79)}`,
    `${chain}/erc20:0x_`,
    "slip44:60",
    `${chain}/slip44:60\n`,
  ])("refuses %j", (text) => {
    expect(codeOf(() => parseAssetId(text))).toBe("invalid-asset");
  });
});

it("any text is either refused with its code or given back as it was", () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[-a-z0-9]{2,9}:[-_a-zA-Z0-9]{0,33}([:/][-.%:a-zA-Z0-9/]{0,40})?$/),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(["none", "invalid-chain"]).toContain(codeOf(() => expect(parseChainId(value)).toBe(value)));
      expect(["none", "invalid-account"]).toContain(
        codeOf(() => expect(formatAccountId(parseAccountId(value))).toBe(value)),
      );
      expect(["none", "invalid-asset"]).toContain(codeOf(() => expect(formatAssetId(parseAssetId(value))).toBe(value)));
    }),
    { numRuns: 2_000 },
  );
});

it("repeats at most 120 characters of what a caller sent", () => {
  expect(quote("short")).toBe('"short"');
  expect(quote(x(120))).toBe(`"${x(120)}"`);
  expect(quote(x(1_000_000))).toBe(`"${x(117)}..."`);
  expect(quote("line\nbreak")).toBe('"line\\nbreak"');
});
