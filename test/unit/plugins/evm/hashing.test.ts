import { keccak256 as ethersKeccak, encodeRlp as ethersRlp } from "ethers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BloomBuilder } from "../../../../src/plugins/evm/bloom.ts";
import { keccak256, keccakHex } from "../../../../src/plugins/evm/keccak.ts";
import { encodeRlp, quantity, type RlpItem } from "../../../../src/plugins/evm/rlp.ts";
import { orderedTrieRoot } from "../../../../src/plugins/evm/trie.ts";

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

describe("keccak256", () => {
  test("the empty message, as every client knows it", () => {
    expect(keccakHex(new Uint8Array(0))).toBe("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  });

  // Around one block of 136 bytes, around the memory's page, and more than one chunk.
  test.each([1, 135, 136, 137, 271, 272, 64_735, 64_736, 65_023, 65_024, 65_025, 65_536, 200_001])(
    "%i bytes, as ethers hashes them",
    (size) => {
      const message = Buffer.alloc(size, Buffer.from([1, 2, 3, 5, 8, 13, 21]));
      expect(keccakHex(message)).toBe(ethersKeccak(message));
    },
  );

  test("any bytes, as ethers hashes them; the digest is the caller's own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 600 }), (first, second) => {
        const digest = keccak256(first);
        keccak256(second);
        expect(hex(digest)).toBe(ethersKeccak(first));
      }),
    );
  });
});

describe("encodeRlp", () => {
  const { tree } = fc.letrec<{ tree: RlpItem }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.uint8Array({ maxLength: 70 }).map((bytes) => (bytes.length % 2 === 0 ? bytes : hex(bytes))),
      fc.array(tie("tree"), { maxLength: 6 }),
    ),
  }));

  type HexItem = string | HexItem[];

  function asHex(item: RlpItem): HexItem {
    if (typeof item === "string") return item;
    return item instanceof Uint8Array ? hex(item) : item.map(asHex);
  }

  test("any tree, as ethers encodes it", () => {
    fc.assert(
      fc.property(tree, (item) => {
        expect(hex(encodeRlp(item))).toBe(ethersRlp(asHex(item)));
      }),
    );
  });

  test("what is larger than the buffer it starts with", () => {
    const large = [Buffer.alloc(300_000, 7), "0x01", [Buffer.alloc(70_000, 9)]];
    expect(hex(encodeRlp(large))).toBe(ethersRlp(large.map((item) => asHex(item))));
  });

  test("a type's byte stands before it", () => {
    expect(hex(encodeRlp([], 2))).toBe("0x02c0");
  });

  test.each([
    ["0x0", "0x"],
    ["0x", "0x"],
    ["0x00", "0x"],
    ["0x1", "0x01"],
    ["0x0100", "0x0100"],
    ["0x000100", "0x0100"],
    ["0xabc", "0x0abc"],
  ])("the quantity %s is %s", (given, bytes) => {
    expect(quantity(given)).toBe(bytes);
  });
});

describe("orderedTrieRoot", () => {
  test("of nothing is the empty trie's", () => {
    expect(hex(orderedTrieRoot([]))).toBe("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  });

  // Where keys change their length: 127 to 128, 255 to 256. Short values stand in their nodes rather than by their hash.
  test.each([
    [1, 40],
    [2, 40],
    [17, 1],
    [127, 40],
    [128, 40],
    [129, 3],
    [130, 40],
    [256, 40],
    [257, 5],
    [700, 40],
  ])("%i values of %i bytes, as a trie built key by key has it", (count, size) => {
    const values = Array.from({ length: count }, (_, i) => Buffer.alloc(size, (i * 31 + 1) % 256));
    expect(hex(orderedTrieRoot(values))).toBe(rootOf(values));
  });
});

describe("BloomBuilder", () => {
  // The worked example of the yellow paper's clients: the bits of one address.
  test("sets three bits for an address, and adds to the block's filter", () => {
    const log = { address: `0x${"12".repeat(20)}`, topics: [], data: "0x", logIndex: "0x0" };
    const blooms = new BloomBuilder();
    const hash = Buffer.from(ethersKeccak(log.address).slice(2), "hex");
    const bits = new Set([0, 2, 4].map((at) => hash.readUInt16BE(at) % 2048));
    const bloom = blooms.build([log]);
    const set = Array.from({ length: 2048 }, (_, bit) => bit).filter(
      (bit) => ((bloom[255 - Math.floor(bit / 8)] as number) >> (bit % 8)) % 2 === 1,
    );
    expect(set).toEqual([...bits].sort((a, b) => a - b));
    blooms.build([]);
    expect(blooms.block.equals(bloom)).toBe(true);
  });
});

type Entry = { readonly key: string; readonly value: Uint8Array };

/** The root by the definition: a map from nibbles, divided again and again, with ethers' RLP and hash. */
function rootOf(values: readonly Uint8Array[]): string {
  const entries = values.map((value, i) => ({ key: ethersRlp(i === 0 ? "0x" : bytesOf(i)).slice(2), value }));
  return ethersKeccak(ethersRlp(build(entries) as never));
}

function build(entries: readonly Entry[]): unknown {
  const [first] = entries as [Entry];
  if (entries.length === 1) return [path(first.key, true), hex(first.value)];
  let shared = 0;
  while (entries.every(({ key }) => key[shared] === first.key[shared])) shared++;
  const cut = (by: number, of: readonly Entry[]) => of.map(({ key, value }) => ({ key: key.slice(by), value }));
  if (shared > 0) return [path(first.key.slice(0, shared), false), refer(build(cut(shared, entries)))];
  const children = [..."0123456789abcdef"].map((nibble) => {
    const below = entries.filter(({ key }) => key[0] === nibble);
    return below.length === 0 ? "0x" : refer(build(cut(1, below)));
  });
  return [...children, "0x"];
}

function refer(node: unknown): unknown {
  const encoded = ethersRlp(node as never);
  return encoded.length < 2 + 2 * 32 ? node : ethersKeccak(encoded);
}

function path(nibbles: string, leaf: boolean): string {
  const odd = nibbles.length % 2 === 1;
  return `0x${leaf ? (odd ? "3" : "20") : odd ? "1" : "00"}${nibbles}`;
}

function bytesOf(value: number): string {
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 1 ? "0" : ""}${digits}`;
}
