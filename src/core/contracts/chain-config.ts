import type { ChainId } from "../caip.ts";

/** One node as configured. URLs may hold credentials: they never reach a log, a metric or an answer. */
export type NodeConfig = {
  readonly name: string;
  readonly url: string;
  readonly ws?: string;
  /** Where it publishes news by ZMQ: `tcp://host:port` or `ipc://path`. */
  readonly zmq?: string;
  /** Who runs it. Two URLs of one operator are one voice. */
  readonly operator: string;
  readonly region: string;
  readonly requestsPerSecond?: number;
};

/** Which accounts a chain's ledger keeps: all, or those that were registered. Blocks are verified and digested in full in any case. */
export type IndexScope = "all" | "watched";

/** One chain as configured, with all defaults filled in and frozen. */
export type ChainConfig = {
  readonly id: ChainId;
  readonly alias?: string;
  /** A built-in plugin's name, a package name, or a path. */
  readonly plugin: string;
  readonly index: {
    readonly from: "latest" | "finalized" | number;
    readonly scope: IndexScope;
    readonly verify: "full" | "headers" | "off";
  };
  readonly agreement: { readonly operators?: number; readonly regions?: number };
  readonly lag: { readonly targetSeconds: number; readonly maxSeconds: number };
  readonly nodes: readonly NodeConfig[];
  /** The plugin's own, checked by its schema. */
  readonly options: Readonly<Record<string, unknown>>;
};
