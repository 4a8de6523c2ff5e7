import { expect, test } from "vitest";
import { findNetwork, NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { encodeHeight } from "../../../../src/plugins/bitcoin/verify/coinbase.ts";
import { drawCoins } from "../../../../src/plugins/bitcoin/verify/drawn-subsidy.ts";
import { subsidyAt } from "../../../../src/plugins/bitcoin/verify/subsidy.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

const COIN = 100_000_000n;

test("each network is found by its id, which is that of its genesis block unless it split from another chain", () => {
  expect(new Set(NETWORKS.map(({ id }) => id)).size).toBe(NETWORKS.length);
  for (const network of NETWORKS) {
    expect(findNetwork(network.id)).toBe(network);
    if (network.name !== "Bitcoin Cash") expect(network.id).toBe(`bip122:${network.genesisHash.slice(0, 32)}`);
  }
  expect(findNetwork("bip122:00000000000000000000000000000000")).toBeUndefined();
});

test.each([
  ["Bitcoin", 20_999_999_97690000n],
  ["Litecoin", 83_999_999_90760000n],
])("all that %s will ever make", (name, total) => {
  const { subsidy } = networkNamed(name);
  let sum = 0n;
  for (let halving = 0; halving < 70; halving++) {
    sum += subsidyAt(subsidy, halving * subsidy.intervalBlocks, "") * BigInt(subsidy.intervalBlocks);
  }
  expect(sum).toBe(total);
});

test("Dogecoin's subsidy falls in steps to what it stays at", () => {
  const { subsidy } = networkNamed("Dogecoin");
  const at = (height: number) => subsidyAt(subsidy, height, "");
  expect(at(145_000)).toBe(250_000n * COIN);
  expect(at(371_337)).toBe(62_500n * COIN);
  expect(at(599_999)).toBe(15_625n * COIN);
  expect(at(600_000)).toBe(10_000n * COIN);
});

test("a draw that does not fit the range is repeated", () => {
  // The first word of this seed is 4,294,350,968, beyond 999,999 times 4,294.
  expect(drawCoins("00000000003eec", 1_000_000)).toBe(779_350);
});

// What the coinbases of blocks without other transactions took.
test.each([
  [1, "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691", 68_416],
  [10, "0ddd48852cb794c7534841a2cd3507e40255b1707fac14d65d16cc791672e5e2", 890_107],
  [100, "0aadf846868fc48f790a8874e0b7f3beef0334700a5c57a8a6dda9b19835dd30", 892_787],
  [239, "04f40c5046b580f7f585c8f671c90e4d5ae757777c5ae0a2901a3ef587751d6c", 192_901],
  [479, "33bedd9ab94198a8ef9ee1c181ad56eb45547f414483fd31462710c9cdc75001", 151_485],
  [480, "ed83c923b532835f6597f70def42910aa9e06880e8a19b68f6b4a787f2b4b69f", 322_540],
  [719, "66eec56eaf8a8797c1b12132010be5f6c18913067f0d99545620a0bf9c702ebb", 774_888],
  [720, "82e56e141ccfe019d475382d9a108ef86afeb297d95443dfd7250e57af805696", 813_616],
])("Dogecoin's first rewards are drawn from the parent's hash: block %i", (height, parentHash, coins) => {
  expect(subsidyAt(networkNamed("Dogecoin").subsidy, height, parentHash)).toBe(BigInt(coins) * COIN);
});

test.each([
  [0, "00"],
  [1, "51"],
  [16, "60"],
  [17, "0111"],
  [127, "017f"],
  [128, "028000"],
  [227_931, "035b7a03"],
  [8_388_608, "0400008000"],
])("height %i stands in a coinbase as %s (BIP34)", (height, expected) => {
  expect(encodeHeight(height).toString("hex")).toBe(expected);
});
