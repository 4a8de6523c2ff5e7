import { expect, it } from "vitest";
import { connectNode } from "../../../../src/plugins/solana/node.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import { answerMethods } from "../../../support/scripted-node.ts";
import { slotHash } from "../../../support/solana-slots.ts";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

async function connect(getMultipleAccounts: (mints: string[], config: unknown) => unknown) {
  const { node: server, transport } = await startScripted(answerMethods({ getMultipleAccounts }));
  return {
    server,
    node: connectNode({ wantsProcessed: false, wantsSignatures: true, ingestionLagSlots: 100 }, transport),
  };
}

const mint = (owner: string, bytes: readonly number[]) => ({
  owner,
  data: [Buffer.from(bytes).toString("base64"), "base64"],
  executable: false,
  lamports: 1_461_600,
});

it("decimals of tokens are those of their mints, and null for what is none", async () => {
  const accounts = [
    mint(TOKEN, [6, 1]),
    mint(TOKEN_2022, [9, 1]),
    null,
    mint("11111111111111111111111111111111", [6, 1]),
    mint(TOKEN, [0, 0]),
    mint(TOKEN, []),
  ];
  const mints = accounts.map((_, i) => slotHash(i));
  const { node, server } = await connect((asked) => ({
    context: { slot: 5 },
    value: asked.map((one) => accounts[mints.indexOf(one)]),
  }));
  const tokens = mints.map((one) => `token:${one}`);
  expect(await node.readAssetInfo(["slip44:501", ...tokens, tokens[0] as string])).toEqual([
    { symbol: "SOL", decimals: 9 },
    ...[6, 9, null, null, null, null, 6].map((decimals) => ({ symbol: null, decimals })),
  ]);
  expect(server.requests[0]?.calls[0]?.params).toEqual([
    mints,
    { encoding: "base64", commitment: "confirmed", dataSlice: { offset: 44, length: 2 } },
  ]);
});

it("a hundred are asked for at once, and the native coin is known", async () => {
  const { node, server } = await connect((mints) => ({
    context: { slot: 5 },
    value: mints.map(() => mint(TOKEN, [2, 1])),
  }));
  const infos = await node.readAssetInfo(Array.from({ length: 150 }, (_, i) => `token:${slotHash(i)}`));
  expect(infos.every(({ decimals }) => decimals === 2)).toBe(true);
  const asked = server.requests.flatMap(({ calls }) => calls.map(({ params: [mints] }) => (mints as string[]).length));
  expect(asked).toEqual([100, 50]);
  await node.readAssetInfo(["slip44:501"]);
  expect(server.requests.length).toBe(2);
});

it.each([null, { value: null }, { value: [] }, { value: [7] }, { value: [{ owner: TOKEN }] }])(
  "an answer of another form (%j) is refused",
  async (answer) => {
    const { node } = await connect(() => answer);
    expect((await failureOf(node.readAssetInfo([`token:${slotHash(1)}`]))).code).toBe("node-bad-response");
  },
);
