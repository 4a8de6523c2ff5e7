import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readOutpoint } from "../../src/plugins/bitcoin/codec/outputs.ts";
import { NETWORKS } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { type BitcoinBlock, readBlock } from "../../src/plugins/bitcoin/read-block.ts";
import { accountOfScript } from "../../src/plugins/bitcoin/scripts/account.ts";
import type { FindSpent, SpentOutput } from "../../src/plugins/bitcoin/spent-outputs.ts";

const root = fileURLToPath(new URL("../fixtures/bitcoin/", import.meta.url));

/** A recorded file. `path` is without `.gz`. */
export function readBitcoinFixture<T>(path: string): T {
  return JSON.parse(gunzipSync(readFileSync(`${root}${path}.gz`)).toString("utf8")) as T;
}

/** A recorded file of one JSON value a line. `path` is without `.gz`. */
export function readBitcoinRows<T>(path: string): T[] {
  const text = gunzipSync(readFileSync(`${root}${path}.gz`)).toString("utf8");
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line) as T]));
}

export type RecordedBlock = {
  readonly chain: string;
  readonly network: string;
  readonly height: number;
  readonly hash: string;
  readonly hex: string;
  readonly txids: readonly string[];
  readonly prevouts?: readonly (readonly { readonly value: string; readonly script: string }[])[];
  readonly computed: Readonly<Record<string, unknown>>;
};

/** The paths of all recorded single blocks, without `.gz`. */
export const RECORDED_BLOCKS: readonly string[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\/(mainnet|testnet\d?|signet)_\d+\.json\.gz$/.test(path))
  .map((path) => path.replace(/\.gz$/, ""))
  .sort();

const NAMES: Readonly<Record<string, string>> = {
  "bitcoin mainnet": "Bitcoin",
  "bitcoin testnet3": "Bitcoin Testnet3",
  "bitcoin testnet4": "Bitcoin Testnet4",
  "bitcoin signet": "Bitcoin Signet",
  "bitcoin regtest": "Bitcoin Regtest",
  "bitcoincash mainnet": "Bitcoin Cash",
  "litecoin mainnet": "Litecoin",
  "litecoin testnet4": "Litecoin Testnet",
  "litecoin regtest": "Litecoin Regtest",
  "dogecoin mainnet": "Dogecoin",
  "dogecoin testnet": "Dogecoin Testnet",
};

export function networkNamed(name: string): BitcoinNetwork {
  const network = NETWORKS.find((one) => one.name === (NAMES[name] ?? name));
  if (network === undefined) throw new Error(`no network named ${name}`);
  return network;
}

/** Reads bytes as the block of that height, as if a node had been asked for it by height. */
export function readBytes(bytes: Uint8Array, height: number, network: BitcoinNetwork): BitcoinBlock {
  return readBlock({ bytes, node: "recorded", asked: { height }, height }, network);
}

/** Who owns what is sent to a script, as hex, on the network. */
export function ownerOf(script: string, network: BitcoinNetwork): string | null {
  const bytes = Buffer.from(script, "hex");
  return accountOfScript(bytes, 0, bytes.length, network);
}

/** What recorded previous outputs say, by the number of the input. */
export function findRecorded({ prevouts = [] }: Pick<RecordedBlock, "prevouts">, network: BitcoinNetwork): FindSpent {
  const outputs: SpentOutput[] = prevouts.flat().map(({ value, script }) => ({
    amount: BigInt(value),
    account: ownerOf(script, network),
  }));
  return (_block, input) => outputs[input - 1];
}

/** The unspent outputs of a chain that is taken in from its first block, kept as plainly as can be. */
export class PlainUtxos {
  readonly outputs = new Map<string, SpentOutput>();

  readonly find: FindSpent = (block, input) => {
    const { id, index } = readOutpoint(block, input);
    return this.outputs.get(`${id}:${index}`);
  };

  apply(block: BitcoinBlock, network: BitcoinNetwork): void {
    const { bytes, transactions, ids, ref } = block;
    for (let i = 0; i < transactions.count; i++) {
      const id = Buffer.from(ids.subarray(i * 32, i * 32 + 32))
        .reverse()
        .toString("hex");
      for (
        let input = transactions.firstInput[i] as number;
        i > 0 && input < (transactions.firstInput[i + 1] ?? 0);
        input++
      ) {
        const spent = readOutpoint(block, input);
        if (!this.outputs.delete(`${spent.id}:${spent.index}`)) throw new Error(`no output ${spent.id}:${spent.index}`);
      }
      const first = transactions.firstOutput[i] as number;
      for (let output = first; output < (transactions.firstOutput[i + 1] as number); output++) {
        const script = bytes.toString("hex", transactions.scriptStart[output], transactions.scriptEnd[output]);
        if (script.startsWith("6a")) continue;
        const account = ownerOf(script, network);
        const amount = bytes.readBigUInt64LE(transactions.amount[output]);
        this.outputs.set(`${id}:${output - first}`, { amount, account, height: ref.height, coinbase: i === 0 });
      }
    }
  }
}

/** A block as nodes tell it with verbosity 2. */
export type GetBlock = {
  readonly hash: string;
  readonly height: number;
  readonly version: number;
  readonly previousblockhash?: string;
  readonly merkleroot: string;
  readonly time: number;
  readonly bits: string;
  readonly nonce: number;
  readonly size: number;
  readonly strippedsize: number;
  readonly weight: number;
  readonly tx: readonly GetTransaction[];
};

export type GetTransaction = {
  readonly txid: string;
  readonly hash: string;
  readonly hex: string;
  readonly size: number;
  readonly weight: number;
  readonly vout: readonly {
    readonly value: number;
    readonly scriptPubKey: { readonly hex: string; readonly addresses?: readonly string[]; readonly address?: string };
  }[];
};

/** The bytes that a node made its answer from. */
export function serializeGetBlock(block: GetBlock): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeInt32LE(block.version, 0);
  numbers.writeUInt32LE(block.time, 4);
  numbers.writeUInt32LE(Number.parseInt(block.bits, 16), 8);
  numbers.writeUInt32LE(block.nonce, 12);
  return Buffer.concat([
    numbers.subarray(0, 4),
    Buffer.from(block.previousblockhash ?? "00".repeat(32), "hex").reverse(),
    Buffer.from(block.merkleroot, "hex").reverse(),
    numbers.subarray(4),
    compactSize(block.tx.length),
    ...block.tx.map(({ hex }) => Buffer.from(hex, "hex")),
  ]);
}

/** Bitcoin's genesis block. Its coinbase is that of all its test networks. */
export function readGenesisBlock(): Buffer {
  const told = readBitcoinFixture<{ result?: GetBlock } | { result: GetBlock }[]>(
    "blockchain-etl__bitcoin-etl/bitcoin/block_0/rpc_response_getblock_000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f_2.json",
  );
  return serializeGetBlock((Array.isArray(told) ? told[0]?.result : (told.result ?? told)) as GetBlock);
}

export function compactSize(value: number): Buffer {
  if (value < 0xfd) return Buffer.from([value]);
  if (value <= 0xffff) return Buffer.from([0xfd, value & 0xff, value >> 8]);
  const bytes = Buffer.from([0xfe, 0, 0, 0, 0]);
  bytes.writeUInt32LE(value, 1);
  return bytes;
}
