import { expect, test } from "vitest";
import { blobGasPrice } from "../../../../src/plugins/evm/blob-gas.ts";

const CANCUN = 3_338_477n;

// The steps at which the price goes from 1 to 2 wei and the prices of much excess, as clients' own tests have them.
test.each([
  [0n, 1n],
  [2_314_057n, 1n],
  [2_314_058n, 2n],
  [10n * 1024n * 1024n, 23n],
])("with an excess of %i the price is %i wei", (excess, price) => {
  expect(blobGasPrice(excess, CANCUN)).toBe(price);
});

test("a larger fraction makes the price rise more slowly", () => {
  expect(blobGasPrice(2_314_058n, 5_007_716n)).toBe(1n);
});
