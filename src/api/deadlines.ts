import type { Clock } from "../core/clock.ts";
import { HeadwaterError } from "../core/errors.ts";

/** Requests that began within the same moment share one abort signal and one timer. */
const SLOT_MS = 1_000;

/** One request's place: `signal` aborts when its time is over. */
export type Slot<T> = { readonly startedAt: number; readonly signal: AbortSignal; readonly pending: Set<T> };

/**
 * Gives every request a deadline without a timer of its own: a timer a request costs more than the rest of a read.
 * A request has at least `timeoutMs` and at most `timeoutMs` + 1 s.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onLate: (late: T, error: HeadwaterError) => void;
  readonly #stop = new AbortController();
  readonly #open = new Map<Slot<T>, AbortController>();
  #newest: Slot<T> | undefined;

  /** @param onLate called once for each request whose time is over, before its signal aborts */
  constructor(clock: Clock, timeoutMs: number, onLate: (late: T, error: HeadwaterError) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  enter(request: T): Slot<T> {
    const now = this.#clock.now();
    const newest = this.#newest;
    // A clock set back begins a new slot too: a request never joins one of the future.
    const slot = newest && now >= newest.startedAt && now - newest.startedAt < SLOT_MS ? newest : this.#openSlot(now);
    slot.pending.add(request);
    return slot;
  }

  leave(slot: Slot<T>, request: T): void {
    slot.pending.delete(request);
  }

  /** Ends every request still running with `error`, and all timers. No request may enter after. */
  end(error: HeadwaterError): void {
    for (const slot of [...this.#open.keys()]) this.#expire(slot, error);
    this.#stop.abort();
  }

  #openSlot(startedAt: number): Slot<T> {
    const controller = new AbortController();
    const slot: Slot<T> = { startedAt, signal: controller.signal, pending: new Set() };
    this.#open.set(slot, controller);
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
    const controller = this.#open.get(slot);
    if (!controller) return;
    this.#open.delete(slot);
    if (this.#newest === slot) this.#newest = undefined;
    for (const request of [...slot.pending]) this.#onLate(request, error);
    controller.abort(error);
  }
}
