/**
 * Who of several that wait for the same thing is next: the one that has waited longest. Who does not come when it is its
 * turn loses it. The caller tells the time, in milliseconds.
 */
export class FairTurns {
  readonly #waiting = new Set<object>();
  #called: { readonly who: object; readonly at: number } | undefined;

  /** What is waited for is not there yet. */
  wait(who: object): void {
    this.#waiting.add(who);
  }

  /** What is waited for is there. @returns whether it is for this one */
  isNext(who: object, now: number): boolean {
    for (const first of this.#waiting) {
      if (first === who) return true;
      if (this.#called?.who !== first) this.#called = { who: first, at: now };
      if (now === this.#called.at) return false;
      this.#waiting.delete(first);
    }
    return true;
  }

  /** It was taken. */
  take(who: object): void {
    this.#waiting.delete(who);
    this.#called = undefined;
  }
}
