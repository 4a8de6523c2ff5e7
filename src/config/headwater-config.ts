import type { ChainConfig } from "../core/contracts/chain-config.ts";

/** A configuration as loaded: checked, with all defaults filled in, deeply frozen. */
export type HeadwaterConfig = {
  /** The region in which this replica runs. */
  readonly region: string;
  readonly store: {
    readonly driver: "level";
    /** Absolute. */
    readonly path: string;
  };
  readonly api: {
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    readonly auth: { readonly mode: "none" };
  };
  /** What operators allow over all their nodes and all chains, by their names. */
  readonly operators?: Readonly<Record<string, { readonly requestsPerSecond: number }>>;
  /** `agreement.operators` is always set; plugin paths are absolute. At least one chain, each with at least one node. */
  readonly chains: readonly ChainConfig[];
};
