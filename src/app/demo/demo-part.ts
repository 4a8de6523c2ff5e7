import type { Clock } from "../../core/clock.ts";

/** One chain of the demo: nodes of several operators, a history, and traffic that does not end. */
export interface DemoPart {
  /** Its alias in config/demo.yaml. */
  readonly alias: string;
  /** What config/demo.yaml asks the environment for. */
  readonly variables: Readonly<Record<string, string>>;
  /** The newest block that is there before the service starts. */
  readonly historyHeight: number;
  /** What happens from then on, in a line. */
  readonly pace: string;
  /** Makes the history, as fast as the nodes can. Ends early when the signal aborts. @param onProgress told how far it is */
  makeHistory(signal: AbortSignal, onProgress: (text: string) => void): Promise<void>;
  /**
   * Makes blocks until the signal aborts, then returns.
   * @param tell told of what is out of the ordinary, in a line
   * @throws HeadwaterError `test-node-failed`
   */
  keepGoing(signal: AbortSignal, tell: (text: string) => void): Promise<void>;
  /** What is worth asking the service for, as paths. @param chain the chain's id */
  paths(chain: string): readonly string[];
  /** Ends its nodes. */
  stop(): Promise<void>;
}

/** A part as it can be had on this machine. */
export type DemoOffer = {
  /** What to tell people of it; where it cannot be had, what is missing. */
  readonly text: string;
  /** Absent where it cannot be had. @throws HeadwaterError `test-node-failed` */
  readonly start?: (clock: Clock) => Promise<DemoPart>;
};
