import { getCreateAddress, keccak256, toUtf8Bytes } from "ethers";
import type { SeededRandom } from "../seeded-random.ts";
import { type ContractName, callData, creationData } from "./contracts.ts";

/** A transaction before it has a nonce, fees and a signature. */
export type Draft = {
  /** Index of the sending dev account. */
  readonly from: number;
  /** Null creates a contract. */
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: number;
};

/** What the traffic remembers of its own transactions, so that the next ones are possible. Plain data. */
export type TrafficState = {
  randomState: number;
  nonces: number[];
  /** Who of the senders owns which ERC-721 token: token id and sender index. */
  deeds: [id: number, owner: number][];
  deedsMinted: number;
  /** CREATE2 salts used so far. */
  salts: number;
};

/** Contracts of the traffic, in the order of their creation by the first account. */
const CREATIONS: readonly (readonly [label: string, name: ContractName, ...args: unknown[]])[] = [
  ["usdh", "Erc20", "Headwater Dollar", "USDH", 6],
  ["gold", "Erc20", "Gold Grain", "GLD", 18],
  ["wave", "Erc20", "Wave", "WAVE", 8],
  ["bytes", "Bytes32Token"],
  ["nameless", "NamelessToken"],
  ["rebasing", "RebasingToken"],
  ["deeds", "Erc721"],
  ["items", "Erc1155"],
  ["splitter", "Splitter"],
  ["factory", "WalletFactory"],
  ["failing", "Failing"],
  ["lookalikes", "Lookalikes"],
];

/** The plain ERC-20 tokens, with what one whole token is. */
export const PLAIN_TOKENS = [
  { label: "usdh", unit: 10n ** 6n },
  { label: "gold", unit: 10n ** 18n },
  { label: "wave", unit: 10n ** 8n },
] as const;

export const ITEM_IDS = [1, 2, 3, 4, 5] as const;

/** Everything the recipes for transactions draw on. */
export type World = {
  readonly random: SeededRandom;
  readonly state: TrafficState;
  readonly senders: readonly string[];
  /** Addresses that only receive. */
  readonly receivers: readonly string[];
  readonly contracts: Readonly<Record<string, string>>;
};

/** Where the traffic's contracts will be: known before they are created. Keys: usdh, gold, wave, deeds, items, … */
export function contractAddresses(creator: string): Record<string, string> {
  return Object.fromEntries(CREATIONS.map(([label], nonce) => [label, getCreateAddress({ from: creator, nonce })]));
}

/** Addresses without known keys. */
export function receiverAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `0x${keccak256(toUtf8Bytes(`receiver ${i}`)).slice(-40)}`);
}

/** The first blocks: contracts, then tokens and allowances for every sender. */
export function setupDrafts(world: World): Draft[][] {
  const deploy = CREATIONS.map(
    ([, name, ...args]): Draft => ({
      from: 0,
      to: null,
      data: creationData(name, ...args),
      value: 0n,
      gasLimit: 2_000_000,
    }),
  );
  return [deploy, ...fundingDrafts(world)];
}

/** A call of one of the traffic's contracts, with gas enough for any of them. */
export function contractCall(
  world: World,
  from: number,
  [label, name, method]: readonly [label: string, name: ContractName, method: string],
  ...args: unknown[]
): Draft {
  const to = world.contracts[label];
  if (to === undefined) throw new RangeError(`the traffic has no contract ${label}`);
  return { from, to, data: callData(name, method, ...args), value: 0n, gasLimit: 400_000 };
}

function fundingDrafts(world: World): Draft[][] {
  const { senders } = world;
  return senders.map((owner, from) => {
    const spender = senders[(from + 1) % senders.length];
    const plain = PLAIN_TOKENS.flatMap(({ label, unit }) => [
      contractCall(world, from, [label, "Erc20", "mint"], owner, unit * 10n ** 9n),
      contractCall(world, from, [label, "Erc20", "approve"], spender, unit * 10n ** 9n),
    ]);
    return [
      ...plain,
      contractCall(world, from, ["bytes", "Bytes32Token", "mint"], owner, 10n ** 18n),
      contractCall(world, from, ["nameless", "NamelessToken", "mint"], owner, 10n ** 18n),
      contractCall(world, from, ["rebasing", "RebasingToken", "mint"], owner, 10n ** 27n),
      contractCall(
        world,
        from,
        ["items", "Erc1155", "mintBatch"],
        owner,
        ITEM_IDS,
        ITEM_IDS.map(() => 10n ** 9n),
      ),
    ];
  });
}
