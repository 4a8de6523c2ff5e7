import type { ErrorCode, HeadwaterError } from "../../core/errors.ts";
import type { RpcCall } from "../json-rpc/messages.ts";
import { isRpcError } from "./rpc-errors.ts";

/**
 * All in which the JSON-RPC of the family's nodes differs: Bitcoin Core since 0.14 and Knots, litecoind 0.21, Dogecoin Core
 * 1.14 (which is Bitcoin Core 0.14), Bitcoin Cash Node, btcd. What one node understands is learnt from its refusals and kept
 * for the connection's life. Error texts are matched in rpc-errors.ts.
 */
export class Dialect {
  /** Bitcoin Core 0.14 and its relatives know no number there, newer nodes take both but for btcd. */
  #serialized: 0 | false = 0;
  #tellsSpent: boolean | undefined;
  #serves: boolean | undefined;
  #scans: boolean | undefined;
  #waits: boolean | undefined;

  /** The serialized block as hex. */
  block(hash: string): RpcCall {
    return { method: "getblock", params: [hash, this.#serialized] };
  }

  /** The block with all its transactions, and with what their inputs spend where the node tells it. */
  blockWithSpent(hash: string): RpcCall {
    return { method: "getblock", params: [hash, 3] };
  }

  /** The ids of a block's transactions. `true` is what every node understands. */
  blockWithIds(hash: string): RpcCall {
    return { method: "getblock", params: [hash, true] };
  }

  /** @returns whether the node minded how the call was written, and another way is worth a try */
  noteBlockRefused(error: unknown): boolean {
    if (this.#serialized === false || !isRpcError(error, "invalid-params")) return false;
    this.#serialized = false;
    return true;
  }

  /** Where a node that serves REST has the serialized block. */
  blockPath(hash: string): string {
    return `/rest/block/${hash}.bin`;
  }

  /** Whether the node may serve REST beside its JSON-RPC: half the bytes of hex, and nothing to decode. */
  get mayServe(): boolean {
    return this.#serves !== false;
  }

  /** A node that served once does, though it may be too busy to. */
  noteServed(serves: boolean): void {
    this.#serves ||= serves;
  }

  header(hash: string): RpcCall {
    return { method: "getblockheader", params: [hash, true] };
  }

  /** The serialized transaction as hex. Without a second parameter every node means that. */
  transaction(id: string): RpcCall {
    return { method: "getrawtransaction", params: [id] };
  }

  /** Waits for a block at the height, or until the time is over, and tells the newest block then. */
  waitForHeight(height: number, timeoutMs: number): RpcCall {
    return { method: "waitforblockheight", params: [height, timeoutMs] };
  }

  scan(descriptors: readonly string[]): RpcCall {
    return { method: "scantxoutset", params: ["start", descriptors] };
  }

  /** What tells what a node is and can do, asked in one batch. */
  readonly probes: readonly RpcCall[] = [
    { method: "getblockchaininfo", params: [] },
    { method: "getnetworkinfo", params: [] },
    { method: "help", params: ["getblock"] },
    { method: "help", params: ["scantxoutset"] },
    { method: "help", params: ["waitforblockheight"] },
  ];

  /**
   * Takes in what `help` says of getblock, scantxoutset and waitforblockheight. Undefined for what the node does not tell: it
   * is then found out by trying.
   */
  noteHelp([block, scan, wait]: readonly (string | undefined)[], version: number | undefined): void {
    // Without help the version tells, which means little but for Bitcoin Core.
    this.#tellsSpent = block === undefined ? (version ?? 0) >= 230_000 : /prevout|verbosity\W+(is )?3/i.test(block);
    if (scan !== undefined && isUnknownCommand(scan)) this.#scans = false;
    this.#waits = wait === undefined ? undefined : !isUnknownCommand(wait);
  }

  /** Whether blocks can come with what they spend: verbosity 3 of getblock. Other nodes take any number above 2 for 2. */
  get tellsSpent(): boolean {
    return this.#tellsSpent === true;
  }

  /** Whether the node may be able to scan its unspent outputs. */
  get scans(): boolean {
    return this.#scans !== false;
  }

  get waits(): boolean {
    return this.#waits !== false;
  }

  noteNoWaiting(): void {
    this.#waits = false;
  }

  noteNoScanning(): void {
    this.#scans = false;
  }
}

/** The answer of `getblockchaininfo`: whether the node is still on its way to the tip. */
export function isSyncing(info: Readonly<Record<string, unknown>>, alone: boolean): boolean {
  const { initialblockdownload: initial, headers, blocks } = info;
  // A network of one's own stands still for days, which nodes take for a first download that goes on.
  if (typeof initial === "boolean" && !alone) return initial;
  // Bitcoin Core 0.14 and btcd do not say it: a node that knows of many blocks that it does not have yet is on its way.
  return typeof headers === "number" && typeof blocks === "number" && headers - blocks > MAX_BLOCKS_BEHIND;
}

const MAX_BLOCKS_BEHIND = 6;

/** Of an unknown command help says so, as a result and not as an error. */
function isUnknownCommand(help: string): boolean {
  return /unknown command/i.test(help);
}

const NOT_THERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["node-method-unsupported", "node-rpc-error"]);

/** Whether an optional question was refused, rather than the node in trouble. */
export function isNotTold(error: HeadwaterError): boolean {
  return NOT_THERE.has(error.code);
}
