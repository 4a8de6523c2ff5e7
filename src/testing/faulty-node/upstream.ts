import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { DialectCall, FaultDialect, Place } from "./fault-dialect.ts";
import { type EnvelopeAnswer, type EnvelopeCall, readAnswers, writeCalls } from "./rpc-envelope.ts";

/** How far below a height one that has a block is looked for. */
const LISTED_HEIGHTS = 1_000;

/** The honest node behind a faulty one, and the faulty node's own questions to it. */
export class Upstream {
  readonly #wire: NodeWire;
  readonly #dialect: FaultDialect;

  constructor(wire: NodeWire, dialect: FaultDialect) {
    this.#wire = wire;
    this.#dialect = dialect;
  }

  post(request: WireRequest): Promise<WireAnswer> {
    return this.#wire.post(request);
  }

  /**
   * The honest answers to calls, in their order.
   * @throws HeadwaterError `node-bad-response` when the node behind does not answer in JSON-RPC, and what its wire throws
   */
  async ask(calls: readonly EnvelopeCall[], request: WireRequest): Promise<readonly EnvelopeAnswer[]> {
    const { status, body } = await this.#wire.post({ ...request, body: writeCalls(calls, calls.length > 1) });
    // Some nodes send an error with a status of its own: what counts is whether they answered the calls.
    const answers = readAnswers(body, calls);
    for (const [i, call] of calls.entries()) if (answers?.[i]) this.#dialect.note?.(call, answers[i].result);
    if (answers) return answers;
    throw new HeadwaterError("node-bad-response", `the node behind the faulty one answers with status ${status}`);
  }

  /** The honest header at a place; null when there is none. */
  async header(at: Place, request: WireRequest): Promise<unknown> {
    if ("tag" in at && this.#dialect.heightCall) {
      const height = await this.#result(this.#dialect.heightCall(at), request);
      return typeof height === "number" ? await this.header({ height }, request) : null;
    }
    if ("hash" in at || !this.#dialect.hashCall) return await this.#result(this.#dialect.headerCall(at), request);
    const hash = await this.#result(this.#dialect.hashCall(at), request);
    return typeof hash === "string" ? await this.header({ hash }, request) : null;
  }

  async ref(at: Place, request: WireRequest): Promise<BlockRef | undefined> {
    return this.#dialect.readBlock(await this.header(at, request));
  }

  /** The highest height up to this one that has a block; the height itself where the node lists none. */
  async heightAtOrBelow(height: number, request: WireRequest): Promise<number> {
    if (!this.#dialect.heightsCall) return height;
    const heights = await this.#result(
      this.#dialect.heightsCall(Math.max(0, height - LISTED_HEIGHTS), height),
      request,
    );
    const last: unknown = Array.isArray(heights) ? heights.at(-1) : undefined;
    return typeof last === "number" ? last : height;
  }

  async #result(call: DialectCall, request: WireRequest): Promise<unknown> {
    const [answer] = await this.ask([ownCall(call)], request);
    return answer?.result ?? null;
  }
}

function ownCall(call: DialectCall): EnvelopeCall {
  return { id: 1, ...call };
}
