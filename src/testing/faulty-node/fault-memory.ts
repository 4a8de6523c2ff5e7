import type { WireRequest } from "../../core/contracts/wire.ts";
import type { FaultDialect } from "./fault-dialect.ts";
import type { Fault, FaultKind, FaultOf } from "./fault-script.ts";
import { ForgedBranch } from "./forged-branch.ts";
import type { Upstream } from "./upstream.ts";

/** What open faults remember from request to request: the head at which one froze, the branch that another made. */
export class FaultMemory {
  readonly #upstream: Upstream;
  readonly #dialect: FaultDialect;
  readonly #salt: () => string;
  readonly #frozen = new Map<Fault, number>();
  readonly #turns = new Map<Fault, number>();
  readonly #branches = new Map<Fault, ForgedBranch>();

  /** @param salt a new text of lower-case letters and digits each time */
  constructor(upstream: Upstream, dialect: FaultDialect, salt: () => string) {
    this.#upstream = upstream;
    this.#dialect = dialect;
    this.#salt = salt;
  }

  /** Forgets the faults that are over. */
  keep(open: readonly Fault[]): void {
    for (const memory of [this.#frozen, this.#turns, this.#branches]) {
      for (const fault of memory.keys()) if (!open.includes(fault)) memory.delete(fault);
    }
  }

  get branches(): readonly ForgedBranch[] {
    return [...this.#branches.values()];
  }

  /** The height of the head that a fault of the head shows; undefined when it shows the honest one. */
  head(fault: Fault, honest: number): { readonly height: number; readonly kind: FaultKind } | undefined {
    const { kind } = fault;
    if (kind === "stale-head") return { height: Math.max(0, honest - fault.blocks), kind };
    if (kind === "finality-violation") {
      // Where nodes tell what is final, that alone goes back.
      if (fault.how !== "back" || this.#dialect.finalityDepth === undefined) return undefined;
      return { height: Math.max(0, honest - (fault.blocks ?? 1)), kind };
    }
    if (kind === "frozen-head") {
      const height = this.#frozen.get(fault) ?? honest;
      this.#frozen.set(fault, height);
      return { height, kind };
    }
    if (kind !== "head-jumps-back") return undefined;
    const turn = this.#turns.get(fault) ?? 0;
    this.#turns.set(fault, turn + 1);
    return turn % 2 === 1 ? { height: Math.max(0, honest - fault.blocks), kind } : undefined;
  }

  /** The blocks that a fault tells in place of the honest ones, from the fault's begin on. */
  branch(
    fault: FaultOf<"fork"> | FaultOf<"equivocation"> | FaultOf<"finality-violation">,
    honest: number,
    request: WireRequest,
  ): ForgedBranch {
    let branch = this.#branches.get(fault);
    if (!branch) {
      // Its own questions are not ended with the request in which they arise: the next one goes on from there.
      const { timeoutMs } = request;
      const depth = this.#depthOf(fault);
      branch = new ForgedBranch(this.#dialect, {
        above: depth === undefined ? 0 : Math.max(0, honest - depth),
        linked: depth !== undefined,
        salt: fault.salt ?? this.#salt(),
        fetchHeader: (hash) => this.#upstream.header({ hash }, { body: "", timeoutMs }),
      });
      this.#branches.set(fault, branch);
    }
    return branch;
  }

  /** How far below the tip the branch parts that a fault tells; undefined where it is no branch but blocks one by one. */
  #depthOf(fault: FaultOf<"fork"> | FaultOf<"equivocation"> | FaultOf<"finality-violation">): number | undefined {
    if (fault.kind === "fork") return fault.depth;
    const { finalityDepth } = this.#dialect;
    if (fault.kind === "equivocation" || finalityDepth === undefined) return undefined;
    return finalityDepth + (fault.blocks ?? 1);
  }
}
