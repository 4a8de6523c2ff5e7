import { AbiCoder, concat, keccak256 } from "ethers";
import { describe, expect, it } from "vitest";
import {
  BALANCE_SLOTS,
  entryKey,
  IMPLEMENTATION_KEYS,
  type MappingSlot,
} from "../../../../../src/plugins/evm/proof/mapping-slots.ts";
import { type ContractCode, TokenLayouts } from "../../../../../src/plugins/evm/proof/token-layouts.ts";

const CONTRACT = `0x${"cc".repeat(20)}`;
const ACCOUNT = `0x${"ab".repeat(20)}`;
const ONE = { account: ACCOUNT, amount: 5_000_000n };
const TWO = { account: `0x${"cd".repeat(20)}`, amount: 6_000_000n };
const THREE = { account: ACCOUNT, amount: 7_000_000n };
const CODE: ContractCode = { codeHash: "0x01", implementations: [0n, 0n] };
const [SLOT, OTHER, THIRD] = BALANCE_SLOTS as [MappingSlot, MappingSlot, MappingSlot];

describe("storage keys", () => {
  const coder = AbiCoder.defaultAbiCoder();
  it("are those of solidity, vyper and solady", () => {
    expect(entryKey({ order: "solidity", base: 51n }, ACCOUNT)).toBe(
      keccak256(coder.encode(["address", "uint256"], [ACCOUNT, 51])),
    );
    expect(entryKey({ order: "vyper", base: 7n }, ACCOUNT)).toBe(
      keccak256(coder.encode(["uint256", "address"], [7, ACCOUNT])),
    );
    expect(entryKey({ order: "solady", base: 0x87a211a2n }, ACCOUNT)).toBe(
      keccak256(concat([ACCOUNT, "0x0000000000000000", "0x87a211a2"])),
    );
  });

  it("are all looked at with one request", () => {
    expect(new Set(BALANCE_SLOTS.map((slot) => entryKey(slot, ACCOUNT))).size).toBe(BALANCE_SLOTS.length);
    expect(BALANCE_SLOTS.length + IMPLEMENTATION_KEYS.length).toBeLessThanOrEqual(64);
  });
});

describe("where a token keeps its balances", () => {
  it("is believed when two examples leave one slot", () => {
    const layouts = new TokenLayouts();
    expect(layouts.openSlots(CONTRACT, ONE)).toBe(BALANCE_SLOTS);
    layouts.learn(CONTRACT, ONE, CODE, [SLOT, OTHER]);
    expect(layouts.find(CONTRACT)).toBeUndefined();
    expect(layouts.openSlots(CONTRACT, TWO)).toEqual([SLOT, OTHER]);
    layouts.learn(CONTRACT, TWO, CODE, [OTHER]);
    expect(layouts.find(CONTRACT)).toMatchObject({ slot: OTHER, code: CODE });
    expect(layouts.openSlots(CONTRACT, THREE)).toEqual([]);
  });

  it("stays open while more than one slot fits", () => {
    const layouts = new TokenLayouts();
    layouts.learn(CONTRACT, ONE, CODE, [SLOT, OTHER]);
    layouts.learn(CONTRACT, TWO, CODE, [SLOT, OTHER]);
    expect(layouts.find(CONTRACT)).toBeUndefined();
    layouts.learn(CONTRACT, THREE, CODE, [SLOT]);
    expect(layouts.find(CONTRACT)).toMatchObject({ slot: SLOT });
  });

  it("is not learnt from the same example twice, nor from slots that failed another", () => {
    const layouts = new TokenLayouts();
    layouts.learn(CONTRACT, ONE, CODE, [SLOT]);
    expect(layouts.openSlots(CONTRACT, ONE)).toEqual([]);
    layouts.learn(CONTRACT, ONE, CODE, [SLOT]);
    expect(layouts.find(CONTRACT)).toBeUndefined();
    layouts.learn(CONTRACT, TWO, CODE, [THIRD]);
    expect(layouts.find(CONTRACT)).toBeUndefined();
    expect(layouts.openSlots(CONTRACT, TWO)).toEqual([]);
  });

  it.each([
    ["code", { ...CODE, codeHash: "0x02" }],
    ["implementation", { ...CODE, implementations: [0n, 9n] }],
  ])("is learnt anew when the %s changed between two examples", (_name, changed) => {
    const layouts = new TokenLayouts();
    layouts.learn(CONTRACT, ONE, CODE, [SLOT]);
    layouts.learn(CONTRACT, TWO, changed, [SLOT]);
    expect(layouts.find(CONTRACT)).toBeUndefined();
    expect(layouts.openSlots(CONTRACT, ONE)).toBe(BALANCE_SLOTS);
  });

  it("is given up where no slot fits, and looked for again much later", () => {
    const layouts = new TokenLayouts();
    layouts.learn(CONTRACT, ONE, CODE, []);
    let passed = 0;
    while (layouts.openSlots(CONTRACT, TWO).length === 0) passed++;
    expect(passed).toBe(1_001);
  });

  it("is not learnt from numbers that may stand anywhere", () => {
    expect(new TokenLayouts().openSlots(CONTRACT, { account: ACCOUNT, amount: 0xffffn })).toEqual([]);
  });
});
