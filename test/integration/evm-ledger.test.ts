import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Chain, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { BlockRef, LedgerBlock, Movement } from "../../src/core/model.ts";
import plugin from "../../src/plugins/evm/index.ts";
import { SEATS, TestNetwork } from "../../src/testing/evm/network.ts";
import { Traffic } from "../../src/testing/evm/traffic.ts";
import { openTransport } from "../support/node-transport.ts";

const BLOCKS = 40;
const COIN = "slip44:60";
const TRACED = "evm/1+traces";

let network: TestNetwork;
let traffic: Traffic;

beforeAll(async () => {
  network = await TestNetwork.start({ seats: SEATS.slice(0, 1) });
  traffic = new Traffic({ chainId: network.chainId, seed: 11 });
  for (const block of await traffic.setup()) await network.mineBlock(block);
  for (let i = 0; i < BLOCKS; i++) await network.mineBlock(await traffic.nextBlock());
});

afterAll(() => network.stop());

function open(): { chain: Chain; node: ChainNode } {
  const chain = plugin.open({
    id: `eip155:${network.chainId}`,
    plugin: "evm",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [],
    options: {},
  });
  return { chain, node: chain.connect(openTransport(network.node("alder-eu").url)) };
}

async function fetchLedger(chain: Chain, node: ChainNode, profile: string): Promise<LedgerBlock[]> {
  const blocks: LedgerBlock[] = [];
  for (let height = 0; height <= network.head.height; height++) {
    const raw = await node.fetchBlock({ height }, profile);
    const { ref } = chain.verify(raw);
    const block = chain.decode(raw);
    expect(block.ref).toEqual(ref);
    blocks.push(block);
  }
  return blocks;
}

function movementsOf(blocks: readonly LedgerBlock[]): Movement[] {
  return blocks.flatMap(({ transactions }) => transactions.flatMap(({ movements }) => movements));
}

/** Every account of every asset, with the sum of its movements. */
function sumAll(movements: readonly Movement[]): { account: string; asset: string; sum: bigint }[] {
  const sums = new Map<string, { account: string; asset: string; sum: bigint }>();
  for (const { account, asset, delta } of movements) {
    const entry = sums.get(`${account} ${asset}`) ?? { account, asset, sum: 0n };
    entry.sum += delta;
    sums.set(`${account} ${asset}`, entry);
  }
  return [...sums.values()];
}

async function readAll(node: ChainNode, entries: readonly { account: string; asset: string }[], at: BlockRef) {
  const amounts: (bigint | null)[] = [];
  for (let i = 0; i < entries.length; i += 100)
    amounts.push(...(await node.readBalances(entries.slice(i, i + 100), at)));
  return amounts;
}

describe("a real node's blocks, traced", () => {
  test("explain every balance of the native coin, at every observation and at the end", async () => {
    const { chain, node } = open();
    expect(chain.selectProfile([await node.probe()])).toBe(TRACED);
    const blocks = await fetchLedger(chain, node, TRACED);
    const head = (blocks.at(-1) as LedgerBlock).ref;
    const sums = sumAll(movementsOf(blocks)).filter(({ asset }) => asset === COIN);
    const genesis = await readAll(node, sums, (blocks[0] as LedgerBlock).ref);
    const balances = new Map(sums.map(({ account }, i) => [account, genesis[i] as bigint]));

    const contradicted: string[] = [];
    let observed = 0;
    for (const block of blocks) {
      for (const { account, asset, delta } of movementsOf([block])) {
        if (asset === COIN) balances.set(account, (balances.get(account) ?? 0n) + delta);
      }
      for (const { account, amount } of block.observations) {
        observed++;
        if (balances.get(account) !== amount) contradicted.push(`${account} at ${block.ref.height}`);
      }
    }
    expect(contradicted).toEqual([]);
    expect(observed).toBeGreaterThan(BLOCKS * 5);

    const told = await readAll(node, sums, head);
    expect(sums.map(({ account }) => [account, balances.get(account)])).toEqual(
      sums.map(({ account }, i) => [account, told[i]]),
    );
    const kinds = new Set(movementsOf(blocks).map(({ kind }) => kind));
    for (const kind of ["transfer", "internal", "create", "selfdestruct", "fee", "reward", "mint", "burn"] as const) {
      expect(kinds).toContain(kind);
    }
  });
});

describe("a real node's blocks, not traced", () => {
  test("explain every balance of every token that obeys its own events", async () => {
    const { chain, node } = open();
    const blocks = await fetchLedger(chain, node, "evm/1");
    const head = (blocks.at(-1) as LedgerBlock).ref;
    expect(blocks.flatMap(({ observations }) => observations)).toEqual([]);
    const sums = sumAll(movementsOf(blocks)).filter(({ asset }) => asset !== COIN);
    const told = await readAll(node, sums, head);
    const wrong = sums.filter(({ sum }, i) => told[i] !== null && told[i] !== sum);
    const silent = sums.filter((_, i) => told[i] === null);
    const rebasing = `erc20:${traffic.contracts["rebasing"]?.toLowerCase()}`;
    expect(new Set(wrong.map(({ asset }) => asset))).toEqual(new Set([rebasing]));
    // It only logs transfers, and answers for nobody's balance.
    const lookalikes = `erc20:${traffic.contracts["lookalikes"]?.toLowerCase()}`;
    expect(new Set(silent.map(({ asset }) => asset))).toEqual(new Set([lookalikes]));
    for (const kind of ["erc20", "erc721", "erc1155"]) {
      expect(sums.filter(({ asset }) => asset.startsWith(`${kind}:`)).length).toBeGreaterThan(10);
    }
  });
});
