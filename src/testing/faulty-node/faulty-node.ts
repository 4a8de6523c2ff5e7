import type { Clock } from "../../core/clock.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ChainView } from "./chain-view.ts";
import type { Alteration, FaultDialect } from "./fault-dialect.ts";
import { FaultMemory } from "./fault-memory.ts";
import type { Fault, FaultKind, FaultScript } from "./fault-script.ts";
import { FaultWindows } from "./fault-windows.ts";
import { HeightsView } from "./heights-view.ts";
import { type FaultyReply, PLAIN_FAULTS, pick, refuse } from "./refusal.ts";
import {
  type EnvelopeAnswer,
  type EnvelopeCall,
  isBatch,
  readCalls,
  readMessage,
  writeAnswers,
} from "./rpc-envelope.ts";
import { Upstream } from "./upstream.ts";

/** A fault that befell a request or a push. */
export type InjectedFault = { readonly kind: FaultKind; readonly at: number; readonly methods: readonly string[] };

export type FaultyNodeOptions = {
  /** The honest node. */
  readonly upstream: NodeWire;
  readonly dialect: FaultDialect;
  readonly script: FaultScript;
  readonly clock: Clock;
  readonly onFault?: (fault: InjectedFault) => void;
};

const ALTERATIONS: readonly Alteration[] = ["changed-movement", "missing-movement", "changed-balance", "wrong-chain"];
const NEEDS_HEAD: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "stale-head",
  "frozen-head",
  "head-jumps-back",
  "fork",
  "pruned",
]);

/** How long the honest node may take to be asked about what it pushed, milliseconds. */
const RELAY_TIMEOUT_MS = 10_000;

/**
 * An honest node as its script spoils it: a function from requests to replies. The same script, seed, clock and order of
 * requests give the same replies.
 */
export class FaultyNode {
  readonly #options: FaultyNodeOptions;
  readonly #upstream: Upstream;
  readonly #random: SeededRandom;
  readonly #windows: FaultWindows;
  readonly #memory: FaultMemory;

  constructor(options: FaultyNodeOptions) {
    this.#options = options;
    this.#upstream = new Upstream(options.upstream, options.dialect);
    this.#random = new SeededRandom(options.script.seed);
    this.#windows = new FaultWindows(options.script, options.clock, () => this.#random.next());
    this.#memory = new FaultMemory(this.#upstream, options.dialect, () => `f${this.#random.integer(0, 0xffffff)}`);
  }

  /** @throws HeadwaterError what the wire of the honest node throws, or the request's signal's reason */
  async respond(request: WireRequest): Promise<FaultyReply> {
    const { dialect } = this.#options;
    const calls = readCalls(request.body);
    const methods = calls?.map(({ method }) => method) ?? [];
    const open = await this.#open(request);
    const faults = this.#windows.draw(open, methods);
    const note = this.#noteOnce(methods);
    const latency = pick(faults, "latency");
    if (latency) {
      note("latency");
      const jitterMs = (latency.jitterMs ?? 0) * this.#random.next();
      await this.#options.clock.sleep(latency.ms + jitterMs, request.signal);
    }
    const early = refuse(faults);
    if (early) {
      note(early.kind);
      return early.reply;
    }
    if (pick(faults, "silent-feed") && calls?.some((call) => dialect.asked(call)?.answer === "news")) {
      note("silent-feed");
      return { kind: "silent" };
    }
    // Blocks that were told before are there also for a request that is spared.
    const liars = faults.filter(({ kind }) => !PLAIN_FAULTS.has(kind));
    const answer =
      calls && (liars.length > 0 || this.#memory.branches.length > 0)
        ? await this.#lie(calls, await this.#view(liars, request, note), request)
        : await this.#upstream.post(request);
    if (!pick(faults, "truncated")) return { kind: "answer", answer };
    note("truncated");
    return { kind: "answer", answer: { ...answer, body: answer.body.slice(0, answer.body.length >> 1) } };
  }

  /** A message of the honest node's push feed as the faulty node passes it on; undefined when it does not. */
  async relay(text: string): Promise<string | undefined> {
    const { dialect } = this.#options;
    const message = readMessage(text);
    const method = (message as { method?: unknown } | undefined)?.method;
    const methods = typeof method === "string" ? [method] : [];
    const request: WireRequest = { body: "", timeoutMs: RELAY_TIMEOUT_MS };
    const open = await this.#open(request);
    const faults = this.#windows.draw(open, methods);
    const news = dialect.readNews(message);
    // What a feed says beside news, like the answer to a subscription, makes it an open one: only then can it be silent.
    if (!news) return text;
    const note = this.#noteOnce(methods);
    if (pick(faults, "silent-feed")) {
      note("silent-feed");
      return undefined;
    }
    const liars = faults.filter(({ kind }) => !PLAIN_FAULTS.has(kind));
    if (liars.length === 0) return text;
    const header = await (await this.#view(liars, request, note)).news(news.header);
    return header === undefined ? undefined : JSON.stringify(news.with(header));
  }

  async #lie(calls: readonly EnvelopeCall[], view: ChainView, request: WireRequest): Promise<WireAnswer> {
    const answers: EnvelopeAnswer[] = [];
    for (const call of calls) answers.push(await view.answer(call));
    return { status: 200, retryAfter: undefined, body: writeAnswers(answers, isBatch(request.body)) };
  }

  async #open(request: WireRequest): Promise<readonly Fault[]> {
    const height = this.#windows.needsHeight ? await this.#honestHead(request) : 0;
    const open = this.#windows.open(height);
    this.#memory.keep(open);
    return open;
  }

  async #honestHead(request: WireRequest): Promise<number> {
    return (await this.#upstream.ref({ tag: "latest" }, request))?.height ?? 0;
  }

  async #view(faults: readonly Fault[], request: WireRequest, onFault: (kind: FaultKind) => void): Promise<ChainView> {
    const violation = pick(faults, "finality-violation");
    const hidesFinality = this.#options.dialect.finalityDepth !== undefined;
    const needsHead = faults.some(({ kind }) => NEEDS_HEAD.has(kind)) || (violation && hidesFinality);
    const honest = needsHead ? await this.#honestHead(request) : 0;
    const head = await this.#shownHead(faults, honest, request);
    const changed = violation?.how === "changed" ? violation : undefined;
    const branching = pick(faults, "fork") ?? pick(faults, "equivocation") ?? (hidesFinality ? changed : undefined);
    const branch = branching && {
      blocks: this.#memory.branch(branching, honest, request),
      kind: branching.kind,
    };
    const finalized =
      violation?.how === "back" ? (violation.blocks ?? 1) : changed && this.#memory.branch(changed, honest, request);
    const { heights } = this.#options.dialect;
    const heightsView = { faults, honestHead: honest, head: head?.height, onFault };
    return new ChainView({
      heights: heights && new HeightsView({ dialect: heights, ...heightsView }),
      upstream: this.#upstream,
      dialect: this.#options.dialect,
      request,
      head,
      branch,
      branches: this.#memory.branches,
      finalized,
      alterations: ALTERATIONS.filter((how) => faults.some(({ kind }) => kind === how)),
      hidesBlocks: pick(faults, "missing-block") !== undefined,
      shiftSeconds: pick(faults, "wrong-time")?.seconds ?? 0,
      onFault,
    });
  }

  /** The lowest of the heads that faults show. */
  async #shownHead(
    faults: readonly Fault[],
    honest: number,
    request: WireRequest,
  ): Promise<{ readonly height: number; readonly kind: FaultKind } | undefined> {
    const heads = faults.map((fault) => this.#memory.head(fault, honest)).filter((head) => head !== undefined);
    const lowest = heads.reduce<(typeof heads)[number] | undefined>(
      (low, head) => (low && low.height < head.height ? low : head),
      undefined,
    );
    return lowest && { ...lowest, height: await this.#upstream.heightAtOrBelow(lowest.height, request) };
  }

  #noteOnce(methods: readonly string[]): (kind: FaultKind) => void {
    const noted = new Set<FaultKind>();
    return (kind) => {
      if (noted.has(kind)) return;
      noted.add(kind);
      this.#options.onFault?.({ kind, at: this.#options.clock.now(), methods });
    };
  }
}
