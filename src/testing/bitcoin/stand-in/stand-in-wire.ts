import type { NodeWire, WireAnswer, WireRequest } from "../../../core/contracts/wire.ts";
import { answerRpc } from "./rpc/answer.ts";
import type { StandInChain } from "./stand-in-chain.ts";

/** A stand-in as the wire to it, for tests in one process: time is its clock's. */
export class StandInWire implements NodeWire {
  readonly chain: StandInChain;

  constructor(chain: StandInChain) {
    this.chain = chain;
  }

  async post({ body, signal }: WireRequest): Promise<WireAnswer> {
    signal?.throwIfAborted();
    const answer = await answerRpc(this.chain, body, signal);
    signal?.throwIfAborted();
    return { status: answer.status, retryAfter: undefined, body: new TextEncoder().encode(answer.body) };
  }

  async close(): Promise<void> {}
}
