import { describe, expect, test } from "vitest";
import { parseAsset, readAsset } from "../../../../src/plugins/evm/assets.ts";

const NATIVE = "slip44:60";
const DAI = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const dai = DAI.toLowerCase();
const MAX = (2n ** 256n - 1n).toString();

describe("assets", () => {
  test.each([
    [NATIVE, NATIVE],
    [`erc20:${DAI}`, `erc20:${dai}`],
    [`erc20:${dai}`, `erc20:${dai}`],
    [`erc721:${DAI}/0`, `erc721:${dai}/0`],
    [`erc721:${DAI}/${MAX}`, `erc721:${dai}/${MAX}`],
    [`erc1155:${dai}/771769`, `erc1155:${dai}/771769`],
  ])("%s is %s", (text, canonical) => {
    expect(parseAsset(text, NATIVE)).toBe(canonical);
    expect(parseAsset(canonical, NATIVE)).toBe(canonical);
  });

  test("come apart", () => {
    expect(readAsset(NATIVE, NATIVE)).toEqual({ kind: "native" });
    expect(readAsset(`erc20:${DAI}`, NATIVE)).toEqual({ kind: "erc20", contract: dai });
    expect(readAsset(`erc721:${dai}/7`, NATIVE)).toEqual({ kind: "erc721", contract: dai, tokenId: 7n });
    expect(readAsset(`erc1155:${dai}/7`, NATIVE)).toEqual({ kind: "erc1155", contract: dai, tokenId: 7n });
  });

  test.each([
    ["", "expected slip44:60"],
    ["slip44:966", "expected slip44:60"],
    ["SLIP44:60", "expected slip44:60"],
    ["erc777:0x", "expected slip44:60"],
    ["erc20:", "expected slip44:60"],
    ["erc20:0x1234", "40 hex digits"],
    [`erc20:${DAI.replace("B", "b")}`, "EIP-55"],
    [`erc20:${dai}/1`, "no token id"],
    [`erc20:${dai}\n`, "40 hex digits"],
    [`erc721:${dai}`, "token id"],
    [`erc721:${dai}/`, "expected slip44:60"],
    [`erc721:${dai}/01`, "leading zeros"],
    [`erc721:${dai}/-1`, "token id"],
    [`erc721:${dai}/0x1`, "token id"],
    [`erc1155:${dai}/${2n ** 256n}`, "2^256 - 1"],
    [`erc1155:${dai}/1/2`, "token id"],
  ])("%j is refused: %s", (text, reason) => {
    expect(() => parseAsset(text, NATIVE)).toThrowError(
      expect.objectContaining({ code: "invalid-asset", message: expect.stringContaining(reason) }),
    );
  });
});
