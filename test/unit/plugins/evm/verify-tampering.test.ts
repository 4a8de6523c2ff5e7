import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { VerifyRules } from "../../../../src/plugins/evm/checks.ts";
import { findNetwork } from "../../../../src/plugins/evm/networks.ts";
import { verifyBlock } from "../../../../src/plugins/evm/verify.ts";
import { codeOf } from "../../../support/error-code.ts";
import { buildRawBlock, readFixture } from "../../../support/evm-fixtures.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Parts = { block: { [name: string]: Json }; receipts: Json[]; uncles?: Json };
type Path = readonly (string | number)[];

function readParts(path: string): { parts: Parts; rules: VerifyRules } {
  const { chainId, block, receipts, uncles } = readFixture<Parts & { chainId: number }>(path);
  return { parts: { block, receipts, ...(uncles === undefined ? {} : { uncles }) }, rules: findNetwork(chainId) };
}

/** e to the block's excess blob gas by Cancun's fraction, rounded down by EIP-4844's series: within 10^-9 of `Math.exp`. */
const BLOB_GAS_PRICE = 21_518_435_987n;

/** What the recorded receipts lack, since chainstorage did not keep it, is filled in. */
function withBlobGas(parts: Parts): Parts {
  const transactions = parts.block["transactions"] as { blobVersionedHashes?: string[] }[];
  const receipts = parts.receipts.map((receipt, i) => {
    const blobs = transactions[i]?.blobVersionedHashes?.length ?? 0;
    const told = {
      blobGasUsed: `0x${(131_072 * blobs).toString(16)}`,
      blobGasPrice: `0x${BLOB_GAS_PRICE.toString(16)}`,
    };
    return blobs === 0 ? receipt : { ...(receipt as { [name: string]: Json }), ...told };
  });
  return { ...parts, receipts };
}

function outcome(parts: Parts, rules: VerifyRules): HeadwaterError | undefined {
  const asked = { height: ASKED.get(parts) ?? Number(parts.block["number"]) };
  try {
    verifyBlock({ ...buildRawBlock(parts, "evm/1"), asked }, "full", rules);
  } catch (error) {
    // Anything else is a crash on what a node said, and fails the test.
    if (error instanceof HeadwaterError && error.code !== "internal") return error;
    throw error;
  }
  return undefined;
}

/** A tampered block's height is still the one that was asked for. */
const ASKED = new WeakMap<Parts, number>();

/** A copy of the parts with another value at the path; undefined removes it. */
function alter(parts: Parts, path: Path, change: (value: Json) => Json | undefined): Parts {
  const copy = structuredClone(parts);
  ASKED.set(copy, Number(parts.block["number"]));
  let parent: Json = copy;
  for (const step of path.slice(0, -1)) parent = (parent as never)[step];
  const last = path.at(-1) as never;
  const value = change((parent as never)[last]);
  if (value !== undefined) (parent as { [name: string]: Json })[last] = value;
  else delete (parent as { [name: string]: Json })[last];
  return copy;
}

/** The paths of all values that are no objects, and of all lists. */
function* walk(value: Json, path: Path = []): Generator<Path> {
  if (Array.isArray(value)) yield path;
  if (typeof value !== "object" || value === null) yield path;
  else
    for (const [name, inner] of Object.entries(value))
      yield* walk(inner, [...path, Array.isArray(value) ? Number(name) : name]);
}

/** Another value of the same form. */
function tamper(value: Json): Json {
  if (Array.isArray(value)) return value.length > 0 ? value.slice(1) : ["0x01"];
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (value === null) return `0x${"1".repeat(40)}`;
  return typeof value !== "string"
    ? value
    : value.length > 2
      ? `${value.slice(0, -1)}${flip(value.at(-1) as string)}`
      : "0x01";
}

function flip(digit: string): string {
  return (Number.parseInt(digit, 16) ^ 1).toString(16);
}

function show(path: Path): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
}

/**
 * What a node may say as it likes, since nothing is made of it: what is derived from the rest, the price that a node tells
 * beside a receipt that has one, and the chain id beside a signature that holds it.
 */
const FREE = /^\.block\.(?:size|totalDifficulty|transactions\[\d+\]\.(?:gasPrice|chainId))$/;

const holesky = readParts("coinbase__chainstorage/ethereum-holesky/ethereum-holesky_70951.json");
const BLOCKS: Readonly<Record<string, { parts: Parts; rules: VerifyRules; free?: RegExp }>> = {
  "blobs, dynamic fees, logs, withdrawals": {
    parts: withBlobGas(holesky.parts),
    // The chain it was taken from had blobs before the public one of that name.
    rules: { ...holesky.rules, blobFractions: [{ fromTime: 0, fraction: 3_338_477n }] },
  },
  "a legacy transaction before Byzantium": readParts("coinbase__chainstorage/ethereum/ethereum_468179.json"),
  uncles: readParts("coinbase__mesh-ethereum/ropsten_10991.json"),
  "a deposit of the OP stack": {
    ...readParts("coinbase__chainstorage/base/base_81636.json"),
    // Nobody signs or pays for a deposit, and before Canyon its nonce was in no hash. The L1 fee is said to be unproven.
    free: /^\.block\.transactions\[0\]\.(?:v|r|s|nonce)$|^\.receipts\[0\]\.(?:depositNonce|effectiveGasPrice)$|\.l1FeeInfo\./,
  },
};

describe.each(Object.entries(BLOCKS))("a block with %s", (_name, { parts, rules, free = /^$/ }) => {
  test("is accepted as it is", () => {
    expect(outcome(parts, rules)).toBeUndefined();
  });

  test("is refused with any value altered, but for those of which nothing is made", () => {
    const accepted = new Set<string>();
    const fields = new Set<string>();
    for (const path of walk(parts as Json)) {
      const error = outcome(alter(parts, path, tamper), rules);
      if (!error) accepted.add(show(path));
      else if (error.code === "integrity-violation") fields.add(String(error.details["field"]));
    }
    expect([...accepted].filter((path) => !FREE.test(path) && !free.test(path))).toEqual([]);
    expect(fields).toContain("headerHash");
  });

  test("never crashes for a value that is missing or of another type", () => {
    for (const path of walk(parts as Json)) {
      for (const wrong of [undefined, null, 7, {}, [], "0x", "zz", true]) {
        expect(() =>
          outcome(
            alter(parts, path, () => wrong),
            rules,
          ),
        ).not.toThrow();
      }
    }
  });
});

describe("the violation names the field", () => {
  const { parts, rules } = BLOCKS["blobs, dynamic fees, logs, withdrawals"] as (typeof BLOCKS)[string];
  test.each<[Path, string]>([
    [["block", "stateRoot"], "headerHash"],
    [["block", "transactions", 1, "value"], "transactions[1].hash"],
    [["block", "transactions", 1, "from"], "transactions[1].from"],
    [["block", "transactions", 2, "transactionIndex"], "transactions[2].transactionIndex"],
    [["block", "withdrawals", 3, "amount"], "withdrawalsRoot"],
    [["receipts", 0, "status"], "receiptsRoot"],
    [["receipts", 2, "gasUsed"], "receipts[2].gasUsed"],
    [["receipts", 1, "effectiveGasPrice"], "receipts[1].effectiveGasPrice"],
    [["receipts", 0, "blobGasUsed"], "receipts[0].blobGasUsed"],
    [["receipts", 0, "transactionHash"], "receipts[0].transactionHash"],
    [["receipts"], "receipts"],
  ])("%j", (path, field) => {
    expect(outcome(alter(parts, path, tamper), rules)?.details).toMatchObject({ field });
  });

  test("a node may not get out of it by adding a field to the header of a chain with Ethereum's rules", () => {
    const altered = alter(parts, ["block", "stateRoot"], tamper);
    Object.assign(altered.block, { consensusContext: "0x00" });
    expect(outcome(altered, rules)?.details).toMatchObject({ field: "headerHash" });
    expect(outcome(altered, { ...rules, headerRules: "detect" })).toBeUndefined();
  });
});

describe("less than full verification", () => {
  const { parts, rules } = BLOCKS["uncles"] as (typeof BLOCKS)[string];
  const raw = () => buildRawBlock(parts, "evm/1");

  test("headers: the hash is recomputed, the rest is skipped because of it", () => {
    const { checks } = verifyBlock(raw(), "headers", rules);
    expect(checks.filter(({ result }) => result === "passed").map(({ check }) => check)).toEqual([
      "identity",
      "headerHash",
    ]);
    expect(checks.find(({ check }) => check === "receiptsRoot")).toEqual({
      check: "receiptsRoot",
      result: "skipped",
      reason: "verify is headers",
    });
  });

  test("off: still the block that was asked for", () => {
    const { checks } = verifyBlock(raw(), "off", rules);
    expect(checks.filter(({ result }) => result === "passed").map(({ check }) => check)).toEqual(["identity"]);
    expect(codeOf(() => verifyBlock({ ...raw(), asked: { height: 1 } }, "off", rules))).toBe("node-wrong-block");
    expect(codeOf(() => verifyBlock({ ...raw(), asked: { hash: `0x${"0".repeat(64)}` } }, "off", rules))).toBe(
      "node-wrong-block",
    );
  });
});
