import { describe, expect, test } from "vitest";
import { findNetwork } from "../../../../src/plugins/evm/networks.ts";

const KNOWN = [1, 3, 5, 10, 25, 56, 100, 130, 137, 250, 324, 420, 480, 999, 1337, 8453, 17000, 31337, 42161, 42170];

describe("findNetwork", () => {
  test.each(KNOWN)("chain %i has schedules in order and addresses in lower case", (chainId) => {
    const { name, rewards, blobFractions, wrappedNative } = findNetwork(chainId);
    expect(name).not.toMatch(/^eip155:/);
    const heights = rewards.map(({ fromHeight }) => fromHeight);
    const times = blobFractions.map(({ fromTime }) => fromTime);
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const address of wrappedNative) expect(address).toMatch(/^0x[0-9a-f]{40}$/);
  });

  test("an unknown chain's headers are looked at, neither trusted nor given up", () => {
    expect(findNetwork(4_242_424_242)).toMatchObject({
      name: "eip155:4242424242",
      headerRules: "detect",
      feeRules: "ethereum",
      rewards: [],
      blobFractions: [],
    });
  });

  test("blob prices follow the forks of Ethereum: Cancun, Prague, and the two after Fusaka", () => {
    const times = findNetwork(1).blobFractions.map(({ fromTime }) => new Date(fromTime * 1000).toISOString());
    expect(times).toEqual([
      "2024-03-13T13:55:35.000Z",
      "2025-05-07T10:05:11.000Z",
      "2025-12-09T14:21:11.000Z",
      "2026-01-07T01:01:11.000Z",
    ]);
  });
});
