import type { Clock } from "../core/clock.ts";
import { HeadwaterError } from "../core/errors.ts";

/** Requests that began within the same moment share one timer. */
const SLOT_MS = 1_000;

/** Requests whose time is over at once. */
type Slot<T> = { readonly startedAt: number; readonly pending: Set<T> };

/** Where a request is kept until it leaves. */
export type Place<T> = Pick<Slot<T>, "pending">;

/**
 * Gives every request a deadline without a timer of its own: a timer a request costs more than the rest of a read.
 * A request has at least `timeoutMs` and at most `timeoutMs` + 1 s.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onLate: (late: T, error: HeadwaterError) => void;
  readonly #stop = new AbortController();
  readonly #open = new Set<Slot<T>>();
  #newest: Slot<T> | undefined;

  /** @param onLate called once for each request whose time is over */
  constructor(clock: Clock, timeoutMs: number, onLate: (late: T, error: HeadwaterError) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  enter(request: T): Place<T> {
    const now = this.#clock.now();
    const newest = this.#newest;
    // A clock set back begins a new slot too: a request never joins one of the future.
    const slot = newest && now >= newest.startedAt && now - newest.startedAt < SLOT_MS ? newest : this.#openSlot(now);
    slot.pending.add(request);
    return slot;
  }

  leave({ pending }: Place<T>, request: T): void {
    pending.delete(request);
  }

  /** Ends every request still running with `error`, and all timers. No request may enter after. */
  end(error: HeadwaterError): void {
    for (const slot of [...this.#open]) this.#expire(slot, error);
    this.#stop.abort();
  }

  #openSlot(startedAt: number): Slot<T> {
    const slot: Slot<T> = { startedAt, pending: new Set() };
    this.#open.add(slot);
    this.#newest = slot;
    const late = new HeadwaterError("deadline-exceeded", `no answer within ${this.#timeoutMs} ms`, {
      details: { timeoutMs: this.#timeoutMs },
    });
    this.#clock.sleep(this.#timeoutMs + SLOT_MS, this.#stop.signal).then(
      () => this.#expire(slot, late),
      () => undefined,
    );
    return slot;
  }

  #expire(slot: Slot<T>, error: HeadwaterError): void {
    if (!this.#open.delete(slot)) return;
    if (this.#newest === slot) this.#newest = undefined;
    for (const request of [...slot.pending]) this.#onLate(request, error);
  }
}
