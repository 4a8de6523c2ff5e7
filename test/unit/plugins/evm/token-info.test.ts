import { AbiCoder } from "ethers";
import { describe, expect, it } from "vitest";
import { connectNode } from "../../../../src/plugins/evm/node.ts";
import { startScripted } from "../../../support/node-transport.ts";
import { answerMethods } from "../../../support/scripted-node.ts";

const TOKEN = "erc20:0x00000000000000000000000000000000000000aa";
const text = (value: string) => AbiCoder.defaultAbiCoder().encode(["string"], [value]);
const word = (value: bigint | number) => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);
const padded = (value: string) => `0x${Buffer.from(value).toString("hex").padEnd(64, "0")}`;
const stringOf = (hex: string) =>
  `${word(32)}${word(hex.length / 2).slice(2)}${hex.padEnd(Math.ceil(hex.length / 64) * 64, "0")}`;

async function readInfo(symbol: string, decimals: string) {
  const respond = answerMethods({
    eth_call: ({ data }: { data: string }) => (data === "0x95d89b41" ? symbol : decimals),
  });
  const { transport } = await startScripted(respond);
  const [info] = await connectNode({ tryTraces: false, unclesBelow: 0, multicall: null }, transport).readAssetInfo([
    TOKEN,
  ]);
  return info;
}

describe("a token's symbol", () => {
  const symbols: [string, string, string | null][] = [
    ["a string", text("USDC"), "USDC"],
    ["letters of any script", text("通貨€🦊"), "通貨€🦊"],
    ["bytes32 with zeros after it", padded("MKR"), "MKR"],
    ["bytes32 without zeros", padded("A".repeat(32)), "A".repeat(32)],
    ["an empty string", text(""), null],
    ["an empty bytes32", word(0), null],
    ["spaces", text("  \t "), null],
    ["spaces around it", text(" DAI "), "DAI"],
    ["control characters", text("U\u0000S\u001b[2JD\nT"), "US[2JDT"],
    ["marks that turn the text around or hide", text("\u202eTDSU\u200b\ufeff"), "TDSU"],
    ["too many characters", text("x".repeat(65)), "x".repeat(64)],
    ["too many characters outside the basic plane", text("🦊".repeat(65)), "🦊".repeat(64)],
    ["a megabyte", text("x".repeat(1_000_000)), null],
    ["no UTF-8", stringOf("ff".repeat(4)), null],
    ["bytes32 that is no UTF-8", `0x${"ff".repeat(32)}`, null],
    ["a length beyond the answer", `${word(32)}${word(64).slice(2)}${"00".repeat(32)}`, null],
    ["an absurd length", `${word(32)}${"ff".repeat(32)}${"00".repeat(32)}`, null],
    ["an offset beyond the answer", `${word(1_000_000)}${word(4).slice(2)}${"41".repeat(32)}`, null],
    ["an absurd offset", `0x${"ff".repeat(96)}`, null],
    ["nothing", "0x", null],
    ["a few bytes", "0x4141", null],
  ];
  it.each(symbols)("is read from %s", async (_name, answer, expected) => {
    expect(await readInfo(answer, word(18))).toEqual({ symbol: expected, decimals: 18 });
  });
});

describe("a token's decimals", () => {
  const decimals: [string, number | null][] = [
    [word(0), 0],
    [word(255), 255],
    [word(256), null],
    [`0x${"ff".repeat(32)}`, null],
    ["0x", null],
    ["0x12", null],
  ];
  it.each(decimals)("%s is %s", async (answer, expected) => {
    expect(await readInfo(text("T"), answer)).toEqual({ symbol: "T", decimals: expected });
  });
});

it("asks every contract once, and none for no assets", async () => {
  const { node: server, transport } = await startScripted(answerMethods({ eth_call: () => text("T") }));
  const node = connectNode({ tryTraces: false, unclesBelow: 0, multicall: null }, transport);
  const contract = "0x00000000000000000000000000000000000000aa";
  const infos = await node.readAssetInfo([
    `erc721:${contract}/1`,
    `erc721:${contract}/2`,
    "slip44:60",
    `erc1155:${contract}/1`,
  ]);
  expect(infos).toEqual([
    { symbol: "T", decimals: 0 },
    { symbol: "T", decimals: 0 },
    { symbol: null, decimals: null },
    { symbol: "T", decimals: null },
  ]);
  expect(server.methods).toEqual(["eth_call+eth_call"]);
  expect(await node.readAssetInfo(["slip44:60"])).toEqual([{ symbol: null, decimals: null }]);
  expect(server.requests).toHaveLength(1);
});
