import { getCreateAddress } from "ethers";
import { describe, expect, test } from "vitest";
import { decodeBlock as decodeLedger } from "../../../../src/plugins/evm/decode.ts";
import type { LedgerRules } from "../../../../src/plugins/evm/ledger-rules.ts";
import { buildRawBlock, listFixtures, readFixture, readFixtureBytes } from "../../../support/evm-fixtures.ts";
import { type DecodedBlock, decodeBlock, splitRlp } from "../../../support/evm-rlp.ts";
import { mainnetRules } from "../../../support/evm-rules.ts";
import { sumBlock } from "../../../support/ledger-sums.ts";
import { concludeReceipts } from "../../../support/unrecorded-receipts.ts";

const ETHER = 10n ** 18n;
type State = Readonly<Record<string, { readonly balance: string; readonly code?: string }>>;

/**
 * Balances after a chain, from those before it and what its blocks' movements add up to.
 * @param delegations accounts that get code by EIP-7702, and in which block
 */
function runChain(
  blocks: readonly DecodedBlock[],
  before: State,
  rules: LedgerRules,
  delegations = new Map<string, number>(),
) {
  const entries = Object.entries(before).map(([account, entry]) => [withPrefix(account), entry] as const);
  const balances = new Map(entries.map(([account, { balance }]) => [account, BigInt(balance)]));
  const contracts = new Set(entries.flatMap(([account, { code = "0x" }]) => (code === "0x" ? [] : [account])));
  const undetermined = new Set<string>();
  for (const decoded of blocks) {
    const height = Number(decoded.block.number);
    const hasCode = (account: string) =>
      contracts.has(account) || height >= (delegations.get(account) ?? Number.POSITIVE_INFINITY);
    const { receipts, undetermined: open } = concludeReceipts(decoded, hasCode);
    for (const account of open) undetermined.add(account);
    const parts = { block: decoded.block, receipts, uncles: decoded.uncles };
    const ledger = decodeLedger(buildRawBlock(parts, "evm/1"), rules);
    for (const [account, delta] of sumBlock(ledger, rules.nativeAsset)) {
      balances.set(account, (balances.get(account) ?? 0n) + delta);
    }
    for (const created of createdBy(decoded)) contracts.add(created);
  }
  return { balances, undetermined };
}

function createdBy({ block }: DecodedBlock): string[] {
  const transactions = block["transactions"] as readonly { from: string; to: string | null; nonce: string }[];
  return transactions.flatMap(({ from, to, nonce }) =>
    to === null ? [getCreateAddress({ from, nonce: BigInt(nonce) }).toLowerCase()] : [],
  );
}

function withPrefix(account: string): string {
  return account.startsWith("0x") ? account.toLowerCase() : `0x${account.toLowerCase()}`;
}

/** Accounts in the state that were compared, and those that could not be. */
function compare({ balances, undetermined }: ReturnType<typeof runChain>, after: State) {
  const compared = new Map<string, bigint>();
  const expected = new Map<string, bigint>();
  for (const [account, { balance }] of Object.entries(after)) {
    const address = withPrefix(account);
    if (undetermined.has(address)) continue;
    expected.set(address, BigInt(balance));
    compared.set(address, balances.get(address) ?? 0n);
  }
  expect(compared).toEqual(expected);
  const surplus = [...balances].filter(([account, balance]) => balance !== 0n && after[account] === undefined);
  expect(surplus).toEqual([]);
  return { compared: compared.size, undetermined: [...undetermined] };
}

describe("the test chain of execution-apis, 54 blocks through all forks", () => {
  const folder = "ethereum__execution-apis/tests";
  const blocks = splitRlp(readFixtureBytes(`${folder}/chain.rlp`)).map(decodeBlock);
  const genesis = readFixture<{ alloc: State }>(`${folder}/genesis.json`);
  const head = readFixture<{ accounts: Record<string, { balance: string; address: string }> }>(
    `${folder}/headstate.json`,
  );
  const rules: LedgerRules = {
    ...mainnetRules,
    // Byzantium and Constantinople come at these heights (forkenv.json).
    rewards: [
      { fromHeight: 0, wei: 5n * ETHER },
      { fromHeight: 9, wei: 3n * ETHER },
      { fromHeight: 12, wei: 2n * ETHER },
    ],
  };

  test("balances equal the head's state", () => {
    expect(blocks).toHaveLength(54);
    const after = Object.fromEntries(Object.values(head.accounts).map((account) => [account.address, account]));
    const { account, authorizeTx } = readFixture<{ "tx-eip7702": { account: string; authorizeTx: string } }>(
      `${folder}/txinfo.json`,
    )["tx-eip7702"];
    const delegating = blocks.find(({ block }) => JSON.stringify(block).includes(authorizeTx));
    const delegations = new Map([[account, Number(delegating?.block.number)]]);
    const { compared, undetermined } = compare(runChain(blocks, genesis.alloc, rules, delegations), after);
    expect(undetermined).toEqual([]);
    expect(compared).toBe(114);
  });
});

describe("Ethereum's first 999 blocks, mined without a transaction", () => {
  const blocks = splitRlp(readFixtureBytes("hyperledger__besu/ethereum_mainnet_0_to_999.blocks")).map(decodeBlock);
  const { balances } = runChain(blocks, {}, mainnetRules);

  test("issued 5 ether a block, and for each uncle 5/32 and 5 by its distance", () => {
    const uncles = blocks.flatMap(({ block, uncles }) =>
      uncles.map((uncle) => BigInt(block.number) - BigInt(String(uncle["number"]))),
    );
    expect(blocks).toHaveLength(1000);
    expect(uncles).toHaveLength(293);
    const expected = uncles.reduce(
      (sum, distance) => sum + (5n * ETHER) / 32n + (5n * ETHER * (8n - distance)) / 8n,
      999n * 5n * ETHER,
    );
    expect([...balances.values()].reduce((sum, balance) => sum + balance, 0n)).toBe(expected);
  });

  test("one miner's balance after block 1000 is what a node proved it to be", () => {
    const proof = readFixture<{ address: string; balance: string }>(
      "coinbase__chainstorage/ethereum/account_proof_1000.json",
    );
    const { block } = readFixture<{ block: { miner: string; uncles: string[] } }>(
      "coinbase__chainstorage/ethereum/ethereum_1000.json",
    );
    const own = sumBlock(
      decodeLedger(buildRawBlock({ block, receipts: [], uncles: [] }, "evm/1"), mainnetRules),
      "slip44:60",
    );
    expect(block.miner).toBe(proof.address);
    expect((balances.get(proof.address) ?? 0n) + (own.get(proof.address) ?? 0n)).toBe(BigInt(proof.balance));
  });
});

type ConsensusCase = {
  readonly network: "Byzantium" | "Cancun" | "ConstantinopleFix" | "EIP150";
  readonly blocks: readonly { readonly rlp: string }[];
  readonly lastblockhash: string;
  readonly pre: State;
  readonly postState?: State;
};

const REWARDS = { Byzantium: 3n, Cancun: 0n, ConstantinopleFix: 2n, EIP150: 5n };

/** Cases that blocks alone do not decide, and why. */
const EXCLUDED = new Map([
  ["bcEIP1559/intrinsic", "no balances are recorded"],
  ["bcEIP1559/intrinsicTip", "no balances are recorded"],
  ["bcStateTests/logRevert", "the called contracts revert, which only receipts tell"],
  ["bcStateTests/suicideStorageCheck", "a self-destruct moves value, which only traces tell"],
  ["bcStateTests/suicideStorageCheckVCreate", "a self-destruct moves value, which only traces tell"],
  ["bcStateTests/suicideStorageCheckVCreate2", "a self-destruct moves value, which only traces tell"],
  ["bcStateTests/suicideThenCheckBalance", "a self-destruct moves value, which only traces tell"],
]);

describe("consensus cases: the balances after the canonical chain", () => {
  const cases = ["ethereum__tests/ValidBlocks", "ethereum__legacytests"].flatMap((folder) =>
    listFixtures(folder).flatMap((file) => {
      const name = file.slice(folder.length + 1).replace(".json", "");
      return Object.values(readFixture<Record<string, ConsensusCase>>(file)).map((one) => ({ name, one }));
    }),
  );
  const decided = cases.filter(({ name }) => !EXCLUDED.has(name));
  const expected = (one: ConsensusCase) => Object.keys(one.postState ?? {}).length;

  test.each(decided)("$name", ({ name, one }) => {
    const { compared, undetermined } = compare(runCase(one), one.postState ?? {});
    // One sender pays different prices in one block of this case: how much gas at which, and so the fees, is not told.
    const open = name === "bcEIP1559/transType" ? 2 : 0;
    expect(undetermined).toHaveLength(open);
    expect(compared).toBe(expected(one) - open);
  });

  test("no more cases are left out than named", () => {
    expect(cases).toHaveLength(34);
    expect(cases.length - decided.length).toBe(EXCLUDED.size);
    expect(decided.reduce((sum, { one }) => sum + expected(one), 0)).toBe(105);
  });
});

function runCase({ network, blocks, lastblockhash, pre }: ConsensusCase) {
  const known = new Map(blocks.map(({ rlp }) => decodeBlock(rlp)).map((decoded) => [decoded.block.hash, decoded]));
  const canonical: DecodedBlock[] = [];
  for (let at = known.get(lastblockhash); at; at = known.get(String(at.block["parentHash"]))) canonical.unshift(at);
  const rules = { ...mainnetRules, rewards: [{ fromHeight: 0, wei: REWARDS[network] * ETHER }] };
  return runChain(canonical, pre, rules);
}
