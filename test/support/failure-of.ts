import { HeadwaterError } from "../../src/core/errors.ts";

/** The HeadwaterError with which the promise rejects. Any other outcome fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<HeadwaterError> {
  const outcome: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (outcome instanceof HeadwaterError) return outcome;
  throw outcome;
}
