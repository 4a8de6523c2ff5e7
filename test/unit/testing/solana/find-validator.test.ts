import { expect, it } from "vitest";
import { findValidator } from "../../../../src/testing/solana/backend/find-validator.ts";
import { availableBackends } from "../../../../src/testing/solana/backend/start-backend.ts";
import { codeOf } from "../../../support/error-code.ts";

const VARIABLE = "HEADWATER_SOLANA_TEST_VALIDATOR";

it("finds no validator where none is, and takes an empty variable for that", () => {
  expect(findValidator({ PATH: "" })).toBeUndefined();
  expect(findValidator({ [VARIABLE]: "" })).toBeUndefined();
  expect(availableBackends({ PATH: "" })).toEqual([{ name: "cluster" }]);
});

it("takes what the variable names, and its word for what it is", () => {
  // Any program that tells its version will do to be found.
  expect(findValidator({ [VARIABLE]: process.execPath })).toEqual({ path: process.execPath, version: process.version });
});

it("refuses a name of no program", () => {
  expect(codeOf(() => findValidator({ [VARIABLE]: import.meta.filename }))).toBe("test-node-failed");
});
