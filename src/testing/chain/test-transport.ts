import type { CallOptions, NodeFeed, NodeTransport } from "../../core/contracts/plugin.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/** A transport over a wire alone, without queue and rate: for clients in tests. */
export class TestTransport implements NodeTransport {
  readonly node: string;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;
  readonly #wire: NodeWire;

  constructor(node: string, wire: NodeWire) {
    this.node = node;
    this.#wire = wire;
    if (wire.openFeed) this.openFeed = wire.openFeed;
  }

  async post(body: string, options: CallOptions = {}): Promise<Uint8Array> {
    const { signal, timeoutMs = LIMITS.nodeRequestTimeoutMs } = options;
    const answer = await this.#wire.post({ body, timeoutMs, ...(signal && { signal }) });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    if (answer.status === 429) {
      const afterMs = Number(answer.retryAfter ?? 1) * 1000;
      throw new HeadwaterError("node-throttled", `node ${this.node}: HTTP 429`, {
        retry: { sameNode: true, otherNode: true, afterMs },
      });
    }
    throw new HeadwaterError("node-http-error", `node ${this.node}: HTTP status ${answer.status}, expected 200`);
  }
}
