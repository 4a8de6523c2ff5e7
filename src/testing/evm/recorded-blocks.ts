import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";

type Json = Readonly<Record<string, unknown>>;
type Recorded = { readonly block: Json; readonly receipts: readonly unknown[] | null };
type Call = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };

/**
 * A node that has only recorded blocks: files of JSON, also gzipped, each one block or a list of them. A block stands there
 * as eth_getBlockByNumber gives it, or beside its receipts as `{block, receipts}`. The highest is the head.
 */
export class RecordedBlocks implements NodeWire {
  readonly #byHeight = new Map<number, Recorded>();
  readonly #byHash = new Map<string, Recorded>();
  readonly #chainId: string;
  readonly #head: Recorded;

  /**
   * @param path a file or a directory
   * @param chainId as eth_chainId tells it, default that of the first transaction that has one, else 1
   * @throws HeadwaterError `config-invalid` when the path cannot be read or holds no block
   */
  constructor(path: string, chainId?: number) {
    for (const file of listFiles(path)) for (const recorded of readFile(file)) this.#add(recorded);
    const head = this.#byHeight.get(Math.max(...this.#byHeight.keys()));
    if (!head) throw new HeadwaterError("config-invalid", `${path}: expected recorded blocks, got none`);
    this.#head = head;
    this.#chainId = chainId === undefined ? this.#findChainId() : `0x${chainId.toString(16)}`;
  }

  async post({ body }: WireRequest): Promise<WireAnswer> {
    const request = JSON.parse(body) as Call | readonly Call[];
    const calls = Array.isArray(request) ? (request as readonly Call[]) : [request as Call];
    const answers = calls.map((call) => this.#answer(call));
    const text = JSON.stringify(Array.isArray(request) ? answers : answers[0]);
    return { status: 200, retryAfter: undefined, body: new TextEncoder().encode(text) };
  }

  async close(): Promise<void> {}

  #add(recorded: Recorded): void {
    this.#byHeight.set(Number(recorded.block["number"]), recorded);
    this.#byHash.set(String(recorded.block["hash"]), recorded);
  }

  #findChainId(): string {
    for (const { block } of this.#byHeight.values()) {
      for (const transaction of (block["transactions"] ?? []) as readonly (Json | string)[]) {
        const id = typeof transaction === "object" ? transaction["chainId"] : undefined;
        if (typeof id === "string") return id;
      }
    }
    return "0x1";
  }

  #answer({ id, method, params }: Call): Json {
    const [first, full] = params;
    switch (method) {
      case "eth_chainId":
        return { jsonrpc: "2.0", id, result: this.#chainId };
      case "eth_syncing":
        return { jsonrpc: "2.0", id, result: false };
      case "web3_clientVersion":
        return { jsonrpc: "2.0", id, result: "recorded/1" };
      case "eth_blockNumber":
        return { jsonrpc: "2.0", id, result: this.#head.block["number"] };
      case "eth_getBlockByNumber":
      case "eth_getBlockByHash":
        return { jsonrpc: "2.0", id, result: show(this.#find(first), full === true) };
      case "eth_getBlockReceipts":
        return { jsonrpc: "2.0", id, result: this.#find(first)?.receipts ?? null };
      default:
        return { jsonrpc: "2.0", id, error: { code: -32601, message: `the method ${method} does not exist` } };
    }
  }

  #find(place: unknown): Recorded | undefined {
    if (place === "latest" || place === "safe" || place === "finalized") return this.#head;
    const text = String(place);
    return text.length === 66 ? this.#byHash.get(text) : this.#byHeight.get(Number(text));
  }
}

function show(recorded: Recorded | undefined, full: boolean): Json | null {
  if (!recorded) return null;
  const { block } = recorded;
  if (full) return block;
  const transactions = ((block["transactions"] ?? []) as readonly (Json | string)[]).map((transaction) =>
    typeof transaction === "string" ? transaction : transaction["hash"],
  );
  return { ...block, transactions };
}

function listFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /\.json(\.gz)?$/.test(name));
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new HeadwaterError("config-invalid", `${path}: expected a readable file or directory`, { cause });
  }
}

/** What is no block is passed over: directories of recordings hold other things, too. */
function readFile(file: string): Recorded[] {
  const bytes = readFileSync(file);
  let json: unknown;
  try {
    json = JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  } catch (cause) {
    throw new HeadwaterError("config-invalid", `${file}: expected JSON`, { cause });
  }
  return (Array.isArray(json) ? (json as unknown[]) : [json]).flatMap((entry) => {
    const recorded = entry as { readonly block?: Json; readonly receipts?: readonly unknown[] } | null;
    const block = recorded?.block ?? (entry as Json | null);
    const isBlock = typeof block?.["hash"] === "string" && typeof block["number"] === "string";
    return isBlock ? [{ block, receipts: recorded?.receipts ?? null }] : [];
  });
}
