/**
 * Something counted over a rolling window: the current half and the one before it, so that what is read is never older than
 * the window and never younger than half of it. The caller tells the time, in milliseconds.
 */
export class RotatingPair<T> {
  readonly #make: () => T;
  readonly #halfMs: number;
  #now: T;
  #before: T;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(make: () => T, windowMs: number) {
    this.#make = make;
    this.#halfMs = windowMs / 2;
    this.#now = make();
    this.#before = make();
  }

  /** What is counted into. */
  current(now: number): T {
    this.#rotate(now);
    return this.#now;
  }

  /** What is read. */
  both(now: number): readonly [T, T] {
    this.#rotate(now);
    return [this.#now, this.#before];
  }

  clear(now: number): void {
    this.#now = this.#make();
    this.#before = this.#make();
    this.#startedAt = now;
  }

  #rotate(now: number): void {
    const age = now - this.#startedAt;
    if (age < this.#halfMs) return;
    const isNext = age < this.#halfMs * 2;
    this.#before = isNext ? this.#now : this.#make();
    this.#now = this.#make();
    this.#startedAt = isNext ? this.#startedAt + this.#halfMs : now;
  }
}
