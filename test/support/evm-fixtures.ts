import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { RawBlock } from "../../src/core/contracts/plugin.ts";
import type { EvmBlock } from "../../src/plugins/evm/raw.ts";

const root = fileURLToPath(new URL("../fixtures/evm/", import.meta.url));

/** The bytes of a recorded file, unpacked where it is kept as `.gz`. `path` is without `.gz`. */
export function readFixtureBytes(path: string): Buffer {
  const packed = `${root}${path}.gz`;
  return existsSync(packed) ? gunzipSync(readFileSync(packed)) : readFileSync(`${root}${path}`);
}

export function readFixture<T>(path: string): T {
  return JSON.parse(readFixtureBytes(path).toString("utf8")) as T;
}

/** The recorded files of a folder, in order, without `.gz`. */
export function listFixtures(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name.replace(/\.gz$/, "")}`)
    .sort();
}

export type BlockParts = { readonly [part in keyof EvmBlock]?: unknown };

/** A raw block as a node would have given it. Each call makes a new one, which is parsed anew. */
export function buildRawBlock(parts: BlockParts, profile: string): RawBlock {
  const bytes = Object.entries(parts).map(([name, result]) => [
    name,
    Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
  ]);
  const { hash } = parts.block as { hash: string };
  return { asked: { hash }, profile, node: "recorded", parts: Object.fromEntries(bytes) };
}

type NestedReceipt = { readonly l1FeeInfo?: { readonly l1Fee?: string } };

/** A receipt as chainstorage keeps it, with the layer-1 fee where nodes give it: in hex beside the other fields. */
export function flattenReceipt<Receipt extends NestedReceipt>(receipt: Receipt): Receipt {
  const { l1Fee } = receipt.l1FeeInfo ?? {};
  return l1Fee === undefined ? receipt : { ...receipt, l1Fee: `0x${BigInt(l1Fee).toString(16)}` };
}
