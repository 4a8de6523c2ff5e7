import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact } from "../../../../src/plugins/solana/codec/exact-json.ts";

/** The plain way: every number by its source text. */
function parseBySource(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? "";
    return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.bigInt({ min: 10n ** 15n - 1n, max: 10n ** 16n + 1n }),
);
const number = fc.oneof(
  whole.map(String),
  fc.tuple(whole, whole).map(([a, b]) => `${a}.${b < 0n ? -b : b}`),
  fc.tuple(whole, fc.integer({ min: -30, max: 30 })).map(([a, b]) => `${a}e${b}`),
);
/** Texts of what makes looking through a text hard: quotes, backslashes, digits, and what stands around numbers. */
const hard = fc
  .array(
    fc.oneof(fc.constantFrom('"', "\\", ":", ",", "[", "]", "{", "}", "-", "\n", "x", "…", "\u2026exact:1"), number),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    number,
    hard.map((text) => JSON.stringify(text)),
    fc.constantFrom("true", "false", "null"),
    fc
      .tuple(fc.array(tie("json"), { maxLength: 5 }), space)
      .map(([list, gap]) => `[${gap}${list.join(`${gap},`)}${gap}]`),
    fc
      .tuple(fc.array(fc.tuple(fc.oneof(hard, fc.constant("__proto__")), tie("json")), { maxLength: 5 }), space)
      .map(
        ([members, gap]) =>
          `{${members.map(([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${value}`)}${gap}}`,
      ),
  ),
}));

test("any JSON is parsed as when every number is read by its source", () => {
  fc.assert(
    fc.property(json, space, (text, gap) => {
      expect(parseExact(Buffer.from(gap + text + gap), "test")).toEqual(parseBySource(text));
    }),
    { numRuns: 2_000 },
  );
});

test("what is no JSON is refused, also where it would be one with a text in the place of a number", () => {
  fc.assert(
    fc.property(
      json,
      fc.nat(),
      fc.constantFrom("", '"', "[", "}", ",", "-", "0", "12345678901234567890"),
      (text, at, part) => {
        const place = at % (text.length + 1);
        const broken = text.slice(0, place) + part + text.slice(place + (part === "" ? 1 : 0));
        let expected: unknown;
        try {
          expected = parseBySource(broken);
        } catch {
          expect(() => parseExact(Buffer.from(broken), "test")).toThrow(
            expect.objectContaining({ code: "node-bad-response" }),
          );
          return;
        }
        expect(parseExact(Buffer.from(broken), "test")).toEqual(expected);
      },
    ),
    { numRuns: 2_000 },
  );
  for (const text of [
    "{12345678901234567890:1}",
    "[012345678901234567890]",
    "[--12345678901234567]",
    "[1 12345678901234567]",
  ]) {
    expect(() => parseExact(Buffer.from(text), "test")).toThrow(/expected JSON/);
  }
});

test("a text that holds the mark of exact numbers keeps it", () => {
  const text = '{"a":"\u2026exact:12","b":12345678901234567890}';
  expect(parseExact(Buffer.from(text), "test")).toEqual({ a: "\u2026exact:12", b: 12345678901234567890n });
});

test("what is nested without end is parsed or refused as JSON is", () => {
  const deep = `${"[".repeat(100_000)}12345678901234567890${"]".repeat(100_000)}`;
  let value = parseExact(Buffer.from(deep), "test");
  while (Array.isArray(value)) value = value[0];
  expect(value).toBe(12345678901234567890n);
});
