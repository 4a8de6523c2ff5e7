import type { SolanaCluster } from "../cluster.ts";

/** A chain of Solana to test against: the local cluster, or a real `solana-test-validator`. */
export interface SolanaBackend {
  /** False for the local cluster, which is no validator. */
  readonly real: boolean;
  /** For people. */
  readonly description: string;
  readonly url: string;
  readonly wsUrl: string;
  /** What can be done to the local cluster alone: forks, skipped slots, nodes that lag or prune. Undefined for a validator. */
  readonly cluster: SolanaCluster | undefined;
  /** Gives lamports, and comes back when that is confirmed. @returns the signature */
  airdrop(address: string, lamports: bigint): Promise<string>;
  /** A blockhash that the next transaction may stand on. */
  latestBlockhash(): Promise<string>;
  /** Sends a signed transaction, and comes back when it is confirmed. @returns the signature */
  send(wire: Uint8Array): Promise<string>;
  /** Ends it and removes what it wrote. May be called twice. */
  stop(): Promise<void>;
}
