import type { RegtestNetwork } from "./node-programs.ts";
import type { RpcClient } from "./rpc-client.ts";

/**
 * A node of a regtest network: a real one, or the stand-in. It mines on demand (`generatetoaddress`) and hands blocks to the
 * nodes that it is connected to. Names are told to peers: those of one network must differ.
 */
export interface RegtestNode {
  readonly name: string;
  /** False for the stand-in, which checks less than a node does. */
  readonly real: boolean;
  /** For people: the program and its version, or what the stand-in is. */
  readonly description: string;
  readonly network: RegtestNetwork;
  /** HTTP, with user and password in it. It stays the same through stop, kill and restart. */
  readonly url: string;
  readonly client: RpcClient;
  readonly running: boolean;
  /** Connects to a node of the same kind and waits until both say so. Does nothing where they are connected. */
  connect(peer: RegtestNode): Promise<void>;
  /** Waits until both have no connection with each other. */
  disconnect(peer: RegtestNode): Promise<void>;
  /**
   * Where it publishes its blocks by ZMQ (`zmqpubhashblock`), from the first call on at the latest and after each restart: an
   * address of loopback, or undefined where the program does not.
   */
  openPublisher(): Promise<string | undefined>;
  /** Stops answering, without closing anything: connections hang. */
  pause(): void;
  resume(): void;
  /** Ends it cleanly, by force after a while. Its chain is kept for `restart`. May be called twice. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. What it wrote is kept for `restart`. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`, without its former connections. */
  restart(): Promise<void>;
  /** Ends it and removes all that it wrote. May be called twice. */
  remove(): Promise<void>;
}
