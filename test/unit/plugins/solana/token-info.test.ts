import bs58 from "bs58";
import { expect, it } from "vitest";
import { metadataAddress } from "../../../../src/plugins/solana/token-metadata.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { openSolanaNode } from "../../../support/solana-node.ts";
import { slotHash } from "../../../support/solana-slots.ts";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const METAPLEX = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
const MINT = slotHash(1);

const account = (owner: string, bytes: Uint8Array) => ({
  owner,
  data: [Buffer.from(bytes).toString("base64"), "base64"],
  executable: false,
  lamports: 1_461_600,
});

/** A mint's 82 bytes, of which decimals and whether it is set up are looked at. */
function mintBytes(decimals: number, isInitialized = 1): Buffer {
  const bytes = Buffer.alloc(82);
  bytes[44] = decimals;
  bytes[45] = isInitialized;
  return bytes;
}

const text = (value: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
};

/** Metaplex's metadata: kind, who may change it, mint, and texts padded with zeros. */
const metadata = (mint: string, symbol: string, kind = 4) =>
  Buffer.concat([
    Buffer.from([kind]),
    Buffer.alloc(32),
    bs58.decode(mint),
    text("A Token".padEnd(32, "\0")),
    text(symbol.padEnd(10, "\0")),
    text("https://example.org/".padEnd(200, "\0")),
  ]);

/** A Token-2022 mint with extensions of these types and contents. */
function extended(decimals: number, extensions: readonly (readonly [number, Buffer])[]): Buffer {
  const parts = extensions.flatMap(([type, content]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(content.length, 2);
    return [head, content];
  });
  return Buffer.concat([mintBytes(decimals), Buffer.alloc(165 - 82), Buffer.from([1]), ...parts]);
}

const extension = (mint: string, symbol: string): [number, Buffer] => [
  19,
  Buffer.concat([Buffer.alloc(32), bs58.decode(mint), text("A Token"), text(symbol), text("https://example.org/")]),
];

function open(accounts: ReadonlyMap<string, unknown>) {
  return openSolanaNode({
    getMultipleAccounts: (keys: string[]) => ({
      context: { slot: 5 },
      value: keys.map((key) => accounts.get(key) ?? null),
    }),
  });
}

it("decimals of tokens are those of their mints, and null for what is none", async () => {
  const accounts = [
    account(TOKEN, mintBytes(6)),
    account(TOKEN_2022, mintBytes(9)),
    null,
    account("11111111111111111111111111111111", mintBytes(6)),
    account(TOKEN, mintBytes(0, 0)),
    account(TOKEN, Buffer.alloc(0)),
  ];
  const mints = accounts.map((_, i) => slotHash(i));
  const { node, server } = await open(new Map(mints.map((mint, i) => [mint, accounts[i]])));
  const tokens = mints.map((mint) => `token:${mint}`);
  expect(await node.readAssetInfo(["slip44:501", ...tokens, tokens[0] as string])).toEqual([
    { symbol: "SOL", decimals: 9 },
    ...[6, 9, null, null, null, null, 6].map((decimals) => ({ symbol: null, decimals })),
  ]);
  expect(server.requests[0]?.calls[0]?.params).toEqual([
    [...mints, ...mints.map(metadataAddress)],
    { encoding: "base64", commitment: "confirmed", dataSlice: { offset: 0, length: 1_024 } },
  ]);
});

it("fifty and their metadata are asked for at once, and the native coin is known", async () => {
  const { node, server } = await openSolanaNode({
    getMultipleAccounts: (keys: string[]) => ({
      context: { slot: 5 },
      value: keys.map(() => account(TOKEN, mintBytes(2))),
    }),
  });
  const infos = await node.readAssetInfo(Array.from({ length: 120 }, (_, i) => `token:${slotHash(i)}`));
  expect(infos.every(({ decimals }) => decimals === 2)).toBe(true);
  const asked = server.requests.flatMap(({ calls }) => calls.map(({ params: [keys] }) => (keys as string[]).length));
  expect(asked).toEqual([100, 100, 40]);
  await node.readAssetInfo(["slip44:501"]);
  expect(server.requests.length).toBe(3);
});

it("the place of metadata is derived as Metaplex does", () => {
  // USDC and its metadata account on mainnet.
  expect(metadataAddress("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")).toBe(
    "5x38Kp4hvdomTCnCrAny4UtMUt5rQBdB6px2K1Ui45Wq",
  );
});

it.each<[string, string | null, unknown, unknown]>([
  ["Metaplex's metadata", "USDC", account(TOKEN, mintBytes(6)), account(METAPLEX, metadata(MINT, "USDC"))],
  ["none for metadata of another mint", null, account(TOKEN, mintBytes(6)), account(METAPLEX, metadata(TOKEN, "USDC"))],
  ["none for another kind of account", null, account(TOKEN, mintBytes(6)), account(METAPLEX, metadata(MINT, "X", 6))],
  ["none for what is another program's", null, account(TOKEN, mintBytes(6)), account(TOKEN, metadata(MINT, "USDC"))],
  [
    "none for what is cut",
    null,
    account(TOKEN, mintBytes(6)),
    account(METAPLEX, metadata(MINT, "USDC").subarray(0, 104)),
  ],
  [
    "the mint's own, behind other extensions",
    "PYUSD",
    account(TOKEN_2022, extended(6, [[1, Buffer.alloc(108)], extension(MINT, "PYUSD")])),
    account(METAPLEX, metadata(MINT, "other")),
  ],
  [
    "Metaplex's where the mint's own names another mint",
    "META",
    account(TOKEN_2022, extended(6, [extension(TOKEN, "FAKE")])),
    account(METAPLEX, metadata(MINT, "META")),
  ],
  [
    "none where extensions end in the middle",
    null,
    account(TOKEN_2022, extended(6, [extension(MINT, "PYUSD")]).subarray(0, 240)),
    null,
  ],
  ["none where the text is none", null, account(TOKEN, mintBytes(6)), account(METAPLEX, metadata(MINT, "\u202e\0"))],
])("the symbol is %s", async (_, symbol, mint, described) => {
  const { node } = await open(
    new Map([
      [MINT, mint],
      [metadataAddress(MINT), described],
    ]),
  );
  expect(await node.readAssetInfo([`token:${MINT}`])).toEqual([{ symbol, decimals: 6 }]);
});

it.each([null, { value: null }, { value: [] }, { value: [7, null] }, { value: [{ owner: TOKEN }, null] }])(
  "an answer of another form (%j) is refused",
  async (answer) => {
    const { node } = await openSolanaNode({ getMultipleAccounts: () => answer });
    expect((await failureOf(node.readAssetInfo([`token:${slotHash(1)}`]))).code).toBe("node-bad-response");
  },
);
