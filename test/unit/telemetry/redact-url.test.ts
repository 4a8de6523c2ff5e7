import fc from "fast-check";
import { expect, test } from "vitest";
import { redactUrl } from "../../../src/telemetry/redact-url.ts";

test.each([
  ["no URL at all", "no URL at all"],
  ["https://rpc.example/v3/key", "https://rpc.example"],
  ["https://user:pass@rpc.example:8443/v3/key?x=y#z", "https://rpc.example:8443"],
  ["at wss://u@h/key, then http://127.0.0.1:8420.", "at wss://h, then http://127.0.0.1:8420."],
  ['{"url":"https://h/key","b":1}', '{"url":"https://h","b":1}'],
  ["(https://h/key)", "(https://h)"],
  ["https://[::1]:8545/key", "https://[::1]:8545"],
  ["HTTPS://User:Pass@H.Example/Key", "HTTPS://h.example"],
  ["postgres://u:p@db.internal/name", "postgres://db.internal"],
  ["https://user:pass@:1/", "https://…"],
  ["https:///nothing", "https://nothing"],
  ["at file:///srv/app/src/a.ts:1:2", "at file:///srv/app/src/a.ts:1:2"],
])("cuts %s to %s", (text, expected) => {
  expect(redactUrl(text)).toBe(expected);
});

test("never lets a user, a password, a path or a query through, and keeps a JSON line whole", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9_~-]{6,20}$/).map((text) => `S3${text}`);
  fc.assert(
    fc.property(secret, fc.constantFrom("http", "https", "ws", "wss"), fc.boolean(), (word, protocol, twice) => {
      const url = `${protocol}://${word}:${word}@node.example/${word}/x?key=${word}`;
      const line = JSON.stringify({ msg: `asked ${url}: failed`, url, list: twice ? [url, url] : [] });
      const redacted = redactUrl(line);
      expect(redacted).not.toContain(word);
      expect(JSON.parse(redacted).url).toBe(`${protocol}://node.example`);
    }),
  );
});
