import type { HeightsDialect, Place } from "./fault-dialect.ts";
import type { Fault, FaultKind } from "./fault-script.ts";
import { pick } from "./refusal.ts";
import type { EnvelopeAnswer, EnvelopeCall } from "./rpc-envelope.ts";

export type HeightsViewOptions = {
  readonly dialect: HeightsDialect;
  readonly faults: readonly Fault[];
  /** The height of the honest head, where a fault needs it. */
  readonly honestHead: number;
  /** The height of the head that is shown, where it is not the honest one. */
  readonly head: number | undefined;
  readonly onFault: (kind: FaultKind) => void;
};

/** Which heights have blocks, as a faulty node tells it. */
export class HeightsView {
  readonly #options: HeightsViewOptions;
  /** What lies below is forgotten. */
  readonly #bottom: number;

  constructor(options: HeightsViewOptions) {
    this.#options = options;
    const pruned = pick(options.faults, "pruned");
    this.#bottom = pruned ? options.honestHead - pruned.heights : 0;
  }

  isList(call: EnvelopeCall): boolean {
    return this.#options.dialect.isList(call);
  }

  /** The honest list as the node tells it. */
  list(honest: EnvelopeAnswer): EnvelopeAnswer {
    const { dialect, faults, head = Number.POSITIVE_INFINITY, onFault } = this.#options;
    if (honest.error !== undefined) return honest;
    const all = dialect.readList(honest.result);
    const leaving = pick(faults, "left-out-heights");
    const kept = all.filter((height) => height <= head && height >= this.#bottom);
    const told = leaving ? kept.filter((height) => leaving.how === "some" && height % 2 === 1) : kept;
    if (leaving) onFault("left-out-heights");
    else if (all.some((height) => height < this.#bottom)) onFault("pruned");
    return { ...honest, result: dialect.writeList(told) };
  }

  /** What is said of a block before anybody looks for it; undefined where nothing is. */
  refuse(call: EnvelopeCall, at: Place): { readonly error: unknown } | undefined {
    if (!("height" in at)) return undefined;
    const { dialect, faults, onFault } = this.#options;
    if (pick(faults, "false-skip")) {
      onFault("false-skip");
      return dialect.skipped(call);
    }
    return this.forget(call, at.height);
  }

  /** What is said of a block that is forgotten; undefined of any other. */
  forget(call: EnvelopeCall, height: number): { readonly error: unknown } | undefined {
    if (height >= this.#bottom) return undefined;
    this.#options.onFault("pruned");
    return this.#options.dialect.pruned(call);
  }

  /** Whether a height of which the honest node says that it is skipped is said to be missing. */
  hides(error: unknown, at: Place): boolean {
    const { dialect, faults, head, onFault } = this.#options;
    if (!("height" in at) || !dialect.isSkipped(error)) return false;
    if (head !== undefined && at.height > head) return true;
    if (!pick(faults, "skipped-as-missing")) return false;
    onFault("skipped-as-missing");
    return true;
  }
}
