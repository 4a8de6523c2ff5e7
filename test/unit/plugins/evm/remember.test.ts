import { expect, it } from "vitest";
import { LIMITS } from "../../../../src/core/limits.ts";
import { remember } from "../../../../src/plugins/evm/remember.ts";

it("derives once for each text, and gives the very same object again", () => {
  const asked: string[] = [];
  const lengthOf = remember((text) => {
    asked.push(text);
    return { length: text.length };
  });
  const first = lengthOf("0xab");
  expect(first).toEqual({ length: 4 });
  expect(lengthOf(["0x", "ab"].join(""))).toBe(first);
  expect(lengthOf("0xabcd")).toEqual({ length: 6 });
  expect(asked).toEqual(["0xab", "0xabcd"]);
});

it("keeps no more than its cap, and stays right beyond it", () => {
  let derived = 0;
  const doubled = remember((text) => {
    derived++;
    return text + text;
  });
  const cap = LIMITS.derivedTextCacheEntries;
  for (let i = 0; i < cap; i++) doubled(`${i}`);
  expect(doubled("0")).toBe("00");
  expect(derived).toBe(cap);
  expect(doubled("one more")).toBe("one moreone more");
  expect(doubled("7")).toBe("77");
  expect(derived).toBe(cap + 2);
});
