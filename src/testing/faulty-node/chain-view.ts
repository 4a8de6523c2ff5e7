import type { WireRequest } from "../../core/contracts/wire.ts";
import type { BlockRef } from "../../core/model.ts";
import type { Alteration, Asked, FaultDialect, Place } from "./fault-dialect.ts";
import type { FaultKind } from "./fault-script.ts";
import type { ForgedBranch } from "./forged-branch.ts";
import type { HeightsView } from "./heights-view.ts";
import { type EnvelopeAnswer, type EnvelopeCall, parseExact } from "./rpc-envelope.ts";
import type { Upstream } from "./upstream.ts";

/** The chain as a faulty node shows it for the length of one request. */
export type ViewOptions = {
  readonly upstream: Upstream;
  readonly dialect: FaultDialect;
  readonly request: WireRequest;
  /** The height of the head that is shown, where it is not the honest one. */
  readonly head: { readonly height: number; readonly kind: FaultKind } | undefined;
  /** The branch that is shown. But for an equivocation the honest blocks that it replaces are unknown here. */
  readonly branch:
    | { readonly blocks: ForgedBranch; readonly kind: "fork" | "equivocation" | "finality-violation" }
    | undefined;
  /** All branches whose blocks may be asked for by hash. */
  readonly branches: readonly ForgedBranch[];
  /** How many blocks the finalized one is back, or the branch of which it is a block. */
  readonly finalized: number | ForgedBranch | undefined;
  readonly alterations: readonly Alteration[];
  readonly hidesBlocks: boolean;
  /** Absent where every height has a block. */
  readonly heights: HeightsView | undefined;
  readonly shiftSeconds: number;
  /** Told of each fault that changed an answer. */
  readonly onFault: (kind: FaultKind) => void;
};

export class ChainView {
  readonly #options: ViewOptions;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** The answer to one call, as the faulty node gives it. */
  async answer(call: EnvelopeCall): Promise<EnvelopeAnswer> {
    const { heights } = this.#options;
    if (heights?.isList(call)) return heights.list(await this.#ask(call));
    const asked = this.#options.dialect.asked(call);
    const shown = asked ? await this.#answerAbout(call, asked) : await this.#ask(call);
    if (shown.error !== undefined || shown.result === null) return shown;
    let result: unknown = shown.result;
    for (const how of this.#options.alterations) {
      const altered = this.#options.dialect.alter(call, result, how);
      if (altered === undefined) continue;
      result = altered;
      this.#options.onFault(how);
    }
    return { ...shown, result };
  }

  /** The header that is pushed in place of an honest one; undefined when none is. */
  async news(header: unknown): Promise<unknown> {
    const { dialect, head, branch } = this.#options;
    const ref = dialect.readBlock(header);
    if (!ref) return header;
    if (head && ref.height > head.height) {
      this.#options.onFault(head.kind);
      return undefined;
    }
    const shown = branch && ref.height > branch.blocks.above ? await this.#forge(header, ref, branch.blocks) : header;
    return this.#shift(shown);
  }

  async #answerAbout(call: EnvelopeCall, { answer, at, final = false }: Asked): Promise<EnvelopeAnswer> {
    const { dialect, head, hidesBlocks, heights, onFault } = this.#options;
    if (answer === "news") return await this.#answerNews(call);
    if (answer === "height") return await this.#answerHeight(call, at);
    if (hidesBlocks && !("tag" in at)) {
      onFault("missing-block");
      return this.#missing(call);
    }
    const refused = heights?.refuse(call, at);
    if (refused) return answerTo(call, refused);
    const place = await this.#resolve(at);
    const branch = this.#branchAt(at, final);
    const honest = await this.#ask(place === at ? call : { ...call, ...dialect.moveTo(call, place) });
    if (honest.error !== undefined && heights?.hides(honest.error, at)) return this.#missing(call);
    if (honest.error !== undefined || honest.result === null) return honest;
    const ref = await this.#refOf(honest, answer, place);
    const forgotten = ref && "hash" in at ? heights?.forget(call, ref.height) : undefined;
    if (forgotten) return answerTo(call, forgotten);
    if (!ref) return { ...honest, result: this.#shiftBlock(honest.result, answer) };
    if (head && ref.height > head.height) return await this.#aboveHead(call, at, head);
    if (!branch || ref.height <= branch.above) return { ...honest, result: this.#shiftBlock(honest.result, answer) };
    const isUnknown = "hash" in at && at.hash === ref.hash && linked(this.#options.branch) !== undefined;
    if (isUnknown) return this.#missing(call);
    if (answer === "block") return { ...honest, result: this.#shift(await this.#forge(honest.result, ref, branch)) };
    const header = await this.#options.upstream.header({ hash: ref.hash }, this.#options.request);
    await this.#forge(header, ref, branch);
    return { ...honest, result: parseExact(branch.rename(JSON.stringify(honest.result), ref.hash)) };
  }

  /** A node that stands lower has come as much less far with what is final. */
  async #answerHeight(call: EnvelopeCall, at: Place): Promise<EnvelopeAnswer> {
    const { dialect, head, finalized, upstream, request, onFault } = this.#options;
    if (!("tag" in at) || at.tag === "latest") {
      if (!head) return await this.#ask(call);
      onFault(head.kind);
      return answerTo(call, { result: dialect.heightResult(head.height) });
    }
    const newest = head && (await upstream.ref({ tag: "latest" }, request));
    const back = (typeof finalized === "number" ? finalized : 0) + (head && newest ? newest.height - head.height : 0);
    const honest = back > 0 ? await upstream.ref(at, request) : undefined;
    if (!honest) return await this.#ask(call);
    onFault(head?.kind ?? "finality-violation");
    const height = await upstream.heightAtOrBelow(Math.max(0, honest.height - back), request);
    return answerTo(call, { result: dialect.heightResult(height) });
  }

  /** The honest place that is shown at one that was asked for. */
  async #resolve(at: Place): Promise<Place> {
    const { head, branches, finalized, upstream, request, onFault } = this.#options;
    if ("hash" in at) {
      const honest = branches.map((branch) => branch.honestHash(at.hash)).find((hash) => hash !== undefined);
      return honest === undefined ? at : { hash: honest };
    }
    if ("height" in at) return at;
    if (at.tag === "latest" && head) {
      onFault(head.kind);
      return { height: head.height };
    }
    if (at.tag === "finalized" && typeof finalized === "number") {
      const ref = await upstream.ref(at, request);
      onFault("finality-violation");
      if (ref) return { height: await upstream.heightAtOrBelow(Math.max(0, ref.height - finalized), request) };
    }
    return at;
  }

  /** The branch to which the block at a place belongs, if it stands high enough. */
  #branchAt(at: Place, final: boolean): ForgedBranch | undefined {
    const { branch, branches, finalized } = this.#options;
    if (final && typeof finalized === "object") return finalized;
    if ("hash" in at) {
      return branches.find((known) => known.honestHash(at.hash) !== undefined) ?? linked(branch);
    }
    if ("tag" in at && at.tag !== "latest") {
      if (at.tag === "finalized" && typeof finalized === "object") return finalized;
      return linked(branch);
    }
    return branch?.blocks;
  }

  async #refOf(honest: EnvelopeAnswer, answer: Asked["answer"], at: Place): Promise<BlockRef | undefined> {
    const { dialect, upstream, request, head, branch } = this.#options;
    const told = answer === "block" ? dialect.readBlock(honest.result) : undefined;
    if (told || !(head || branch || this.#isForged(at))) return told;
    const { result } = honest;
    return await upstream.ref(answer === "hash" && typeof result === "string" ? { hash: result } : at, request);
  }

  #isForged(at: Place): boolean {
    return "hash" in at && this.#options.branches.some((branch) => branch.forgedHash(at.hash) !== undefined);
  }

  /** What is news: the newest block as it is shown, once the honest node has answered. */
  async #answerNews(call: EnvelopeCall): Promise<EnvelopeAnswer> {
    const { dialect, upstream, request, branch } = this.#options;
    const honest = await this.#ask(call);
    if (honest.error !== undefined || !dialect.newsResult) return honest;
    const header = await upstream.header(await this.#resolve({ tag: "latest" }), request);
    const ref = dialect.readBlock(header);
    if (!ref) return honest;
    const isForged = branch && ref.height > branch.blocks.above;
    const shown = isForged ? dialect.readBlock(await this.#forge(header, ref, branch.blocks)) : ref;
    return shown ? { ...honest, result: dialect.newsResult(shown) } : honest;
  }

  #missing(call: EnvelopeCall): EnvelopeAnswer {
    return answerTo(call, this.#options.dialect.missing?.(call) ?? { result: null });
  }

  /** A block above the head that is shown: it is not there yet. What is called safe or final is then the head itself. */
  async #aboveHead(call: EnvelopeCall, at: Place, head: { height: number; kind: FaultKind }): Promise<EnvelopeAnswer> {
    this.#options.onFault(head.kind);
    if (!("tag" in at)) return this.#missing(call);
    return await this.#ask({ ...call, ...this.#options.dialect.moveTo(call, { height: head.height }) });
  }

  async #forge(result: unknown, ref: BlockRef, branch: ForgedBranch): Promise<unknown> {
    const { branch: shown, onFault } = this.#options;
    onFault(shown?.blocks === branch ? shown.kind : "finality-violation");
    const forged = await branch.forge(result, ref);
    return parseExact(branch.rename(JSON.stringify(forged), ref.hash));
  }

  #shiftBlock(result: unknown, answer: Asked["answer"]): unknown {
    return answer === "block" ? this.#shift(result) : result;
  }

  #shift(result: unknown): unknown {
    const { shiftSeconds, dialect, onFault } = this.#options;
    if (shiftSeconds === 0) return result;
    onFault("wrong-time");
    return dialect.shiftTime(result, shiftSeconds);
  }

  async #ask(call: EnvelopeCall): Promise<EnvelopeAnswer> {
    const [answer] = await this.#options.upstream.ask([call], this.#options.request);
    return answer as EnvelopeAnswer;
  }
}

function linked(branch: ViewOptions["branch"]): ForgedBranch | undefined {
  return branch && branch.kind !== "equivocation" ? branch.blocks : undefined;
}

function answerTo(
  call: EnvelopeCall,
  told: { readonly result: unknown } | { readonly error: unknown },
): EnvelopeAnswer {
  return { jsonrpc: "2.0", id: call.id, ...told };
}
