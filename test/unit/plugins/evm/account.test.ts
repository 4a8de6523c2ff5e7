import { describe, expect, test } from "vitest";
import { formatAccount, parseAccount } from "../../../../src/plugins/evm/account.ts";

// The examples of EIP-55.
const eip55 = [
  "0x52908400098527886E0F7030069857D2E4169EE7",
  "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
  "0xde709f2102306220921060314715629080e2fb77",
  "0x27b1fdb04752bbc536007a920d24acb045561c26",
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
  "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
  "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
];

describe("accounts", () => {
  test.each(eip55)("%s reads in any valid case and shows its checksum", (text) => {
    const lower = text.toLowerCase();
    expect(parseAccount(text)).toBe(lower);
    expect(parseAccount(lower)).toBe(lower);
    expect(parseAccount(`0x${text.slice(2).toUpperCase()}`)).toBe(lower);
    expect(formatAccount(lower)).toBe(text);
    expect(formatAccount(lower)).toBe(text);
  });

  test("a wrong checksum is told as one", () => {
    expect(() => parseAccount("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")).toThrowError(
      expect.objectContaining({ code: "invalid-account", message: expect.stringContaining("EIP-55") }),
    );
  });

  test.each([
    "",
    "0x",
    "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
    " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\n",
    "vitalik.eth",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
  ])("%j is refused", (text) => {
    expect(() => parseAccount(text)).toThrowError(expect.objectContaining({ code: "invalid-account" }));
  });
});
