import { encodeRlp, getBytes, keccak256 } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntegrityViolation } from "../../../../../src/core/errors.ts";
import { EMPTY_TRIE, readProven } from "../../../../../src/plugins/evm/proof/trie-proof.ts";
import { packPath, ReferenceTrie } from "../../../../support/evm-trie.ts";

const WHERE = { field: "proof", where: "here" };

function read(root: string, key: string, nodes: readonly Uint8Array[]): string | null {
  const value = readProven({ root, key: getBytes(key), nodes, ...WHERE });
  return value && `0x${Buffer.from(value).toString("hex")}`;
}

function refusal(root: string, key: string, nodes: readonly Uint8Array[]): string {
  try {
    return `accepted: ${read(root, key, nodes)}`;
  } catch (error) {
    if (error instanceof IntegrityViolation) return error.message;
    throw error;
  }
}

/** Keys that share long beginnings now and then, so that extensions and nodes shorter than a hash come up. */
const key = fc
  .tuple(fc.constantFrom("", "a", "ab0", "5".repeat(62), "5".repeat(63)), fc.stringMatching(/^[0-9a-f]{64}$/))
  .map(([start, rest]) => `0x${(start + rest).slice(0, 64)}`);
const value = fc.oneof(fc.stringMatching(/^[1-9a-f][0-9a-f]$/), fc.stringMatching(/^[1-9a-f][0-9a-f]{139}$/));
const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 24 });

describe("a proof of a trie", () => {
  it("tells the value of every key that is in, and that others are not", () => {
    fc.assert(
      fc.property(entries, fc.array(key, { maxLength: 6 }), (pairs, others) => {
        const map = new Map(pairs.map(([name, hex]) => [name, `0x${hex}`]));
        const trie = new ReferenceTrie(map);
        for (const name of [...map.keys(), ...others]) {
          expect(read(trie.root, name, trie.prove(name))).toBe(map.get(name) ?? null);
        }
      }),
    );
  });

  it("never tells anything else when it was changed in any one place", () => {
    fc.assert(
      fc.property(
        entries,
        fc.array(key, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(),
        (pairs, others, at, by) => {
          const map = new Map(pairs.map(([name, hex]) => [name, `0x${hex}`]));
          const trie = new ReferenceTrie(map);
          for (const name of [...map.keys(), ...others]) {
            const nodes = trie.prove(name).map((node) => Uint8Array.from(node));
            const changed = nodes[at % Math.max(nodes.length, 1)];
            if (!changed) continue;
            const place = by % changed.length;
            changed[place] = (changed[place] as number) ^ (1 << (by % 8));
            expect(refusal(trie.root, name, nodes)).toContain("here: proof node");
          }
        },
      ),
    );
  });

  it("of another key tells nothing of this one", () => {
    const map = new Map(
      Array.from({ length: 40 }, (_, i) => [keccak256(`0x${(16 + i).toString(16)}`), "0x07"] as const),
    );
    const trie = new ReferenceTrie(map);
    const [mine, ...others] = [...map.keys()] as [string, ...string[]];
    for (const other of others) {
      if (other[2] !== mine[2]) expect(refusal(trie.root, mine, trie.prove(other))).toMatch(/expected 0x/);
    }
  });

  const ROOTED = new ReferenceTrie(
    new Map(Array.from({ length: 300 }, (_, i) => [keccak256(`0x${(4096 + i).toString(16)}`), `0x${"11".repeat(40)}`])),
  );
  const KEY = keccak256("0x1000");
  const PROOF = ROOTED.prove(KEY);
  const broken: [string, readonly Uint8Array[], RegExp][] = [
    ["without its last node", PROOF.slice(0, -1), /node 3 is missing, expected 0x/],
    ["without its first node", PROOF.slice(1), /node 0 is 0x.*, expected 0x/],
    ["without any node", [], /node 0 is missing/],
    ["in the wrong order", PROOF.toReversed(), /node 0 is 0x/],
    ["with one node more at the end", [...PROOF, PROOF[0] as Uint8Array], /nodes is 5, expected 4/],
    ["with a node twice", [PROOF[0] as Uint8Array, ...PROOF], /node 1 is 0x/],
    ["with an empty node", [PROOF[0] as Uint8Array, new Uint8Array(0), ...PROOF.slice(1)], /node 1 is 0x/],
  ];
  it.each(broken)("is refused %s", (_name, nodes, message) => {
    expect(PROOF).toHaveLength(4);
    expect(refusal(ROOTED.root, KEY, nodes)).toMatch(message);
  });

  it("of an empty trie is empty, or the one node that says so", () => {
    expect(read(EMPTY_TRIE, KEY, [])).toBeNull();
    expect(read(EMPTY_TRIE, KEY, [getBytes("0x80")])).toBeNull();
    expect(refusal(EMPTY_TRIE, KEY, [getBytes("0x81")])).toMatch(/nodes is 1, expected 0/);
    expect(refusal(EMPTY_TRIE, KEY, PROOF)).toMatch(/nodes is 4, expected 0/);
  });

  // A root can only be one of these by a chain's own fault: the rules are held all the same.
  const nibbles = [...KEY.slice(2)].map((digit) => Number.parseInt(digit, 16));
  const leaf = (value: unknown, path = packPath(nibbles, true)) => encodeRlp([path, value] as string[]);
  const malformed: [string, string, RegExp][] = [
    ["no RLP", "0xf8", /no RLP, expected a trie node/],
    ["RLP with something behind it", `${leaf("0x07")}00`, /no RLP/],
    ["a length written too long", `0xf80${leaf("0x07").slice(3)}`, /no RLP/],
    ["a text", encodeRlp("0x1234"), /2 bytes, expected a trie node/],
    ["a list of three", encodeRlp(["0x20", "0x01", "0x02"]), /a list of 3, expected a trie node/],
    ["an empty value", leaf("0x"), /0 bytes, expected a value/],
    ["a list as its value", leaf(["0x01"]), /a list of 1, expected a value/],
    ["no path", leaf("0x07", "0x"), /expected a path/],
    ["unknown flags", leaf("0x07", `0x40${KEY.slice(2)}`), /expected a path/],
    ["a pad that is not zero", leaf("0x07", `0x21${KEY.slice(2)}`), /expected a path/],
    ["a leaf too short for the key", leaf("0x07", packPath(nibbles.slice(0, 62), true)), /fits after 0 nibbles/],
    ["a leaf too long for the key", leaf("0x07", `0x20${KEY.slice(2)}00`), /fits after 0 nibbles/],
    ["an extension without a path", leaf(KEY, "0x00"), /fits after 0 nibbles/],
    ["an extension to the key's end", leaf(KEY, packPath(nibbles, false)), /fits after 0 nibbles/],
    ["an extension to nothing", leaf("0x", packPath(nibbles.slice(0, 2), false)), /0 bytes, expected a hash of 32/],
    ["an extension to half a hash", leaf("0x1234", packPath(nibbles.slice(0, 2), false)), /2 bytes, expected a hash/],
    [
      "a long node in place of its hash",
      leaf([packPath(nibbles.slice(2), true), `0x${"22".repeat(40)}`], packPath(nibbles.slice(0, 2), false)),
      /expected a hash in place of a long node/,
    ],
  ];
  it.each(malformed)("is refused where a node is %s", (_name, node, message) => {
    expect(refusal(keccak256(node), KEY, [getBytes(node)])).toMatch(message);
  });
});
