import { describe, expect, test } from "vitest";
import type { Movement } from "../../../../src/core/model.ts";
import { buildInternalMovements, type CallRules } from "../../../../src/plugins/evm/calls.ts";
import type { RpcCallFrame } from "../../../../src/plugins/evm/raw.ts";
import { type ParityTrace, treeOfParity } from "../../../support/call-frames.ts";
import { readFixture } from "../../../support/evm-fixtures.ts";
import { sorted, sumMovements } from "../../../support/ledger-sums.ts";

const before: CallRules = { native: "slip44:60", destroysCreatedOnly: false, where: "node n, transaction t" };
const sinceCancun: CallRules = { ...before, destroysCreatedOnly: true };
const [a, b, c, d] = ["a", "b", "c", "d"].map((digit) => `0x${digit.repeat(40)}`) as [string, string, string, string];

function frame(
  type: string,
  from: string,
  to: string,
  value = 0,
  calls: RpcCallFrame[] = [],
  error?: string,
): RpcCallFrame {
  return { type, from, to, value: `0x${value.toString(16)}`, calls, ...(error === undefined ? {} : { error }) };
}

function sums(top: RpcCallFrame, rules = before): [string, bigint][] {
  return sorted(sumMovements(buildInternalMovements(top, rules), "slip44:60"));
}

describe("frames of the call tracer", () => {
  test("the top frame's own value is the transaction's, not an internal one", () => {
    expect(buildInternalMovements(frame("CALL", a, b, 9), before)).toEqual([]);
  });

  test("nested calls and creations move value, in the order of execution", () => {
    const top = frame("CALL", a, b, 9, [frame("CALL", b, c, 5, [frame("CREATE2", c, d, 2)]), frame("CALL", b, a, 1)]);
    const expected: Movement[] = [
      { account: b, asset: "slip44:60", delta: -5n, kind: "internal" },
      { account: c, asset: "slip44:60", delta: 5n, kind: "internal" },
      { account: c, asset: "slip44:60", delta: -2n, kind: "create" },
      { account: d, asset: "slip44:60", delta: 2n, kind: "create" },
      { account: b, asset: "slip44:60", delta: -1n, kind: "internal" },
      { account: a, asset: "slip44:60", delta: 1n, kind: "internal" },
    ];
    expect(buildInternalMovements(top, before)).toEqual(expected);
  });

  test("a frame with an error did nothing, nor did those in it; its neighbours did", () => {
    const failed = frame("CALL", b, c, 5, [frame("CALL", c, d, 2)], "execution reverted");
    expect(sums(frame("CALL", a, b, 0, [failed, frame("CALL", b, d, 1)]))).toEqual([
      [b, -1n],
      [d, 1n],
    ]);
    expect(sums(frame("CALL", a, b, 7, [frame("CALL", b, d, 1)], "out of gas"))).toEqual([]);
  });

  test.each(["DELEGATECALL", "CALLCODE", "STATICCALL"])(
    "the value of a %s moves nothing, what it calls does",
    (type) => {
      expect(sums(frame("CALL", a, b, 0, [frame(type, b, c, 5, [frame("CALL", b, d, 1)])]))).toEqual([
        [b, -1n],
        [d, 1n],
      ]);
    },
  );

  test("a frame nested 100,000 deep is walked", () => {
    let top = frame("CALL", a, b, 1);
    for (let i = 0; i < 100_000; i++) top = frame("CALL", b, b, 0, [top]);
    expect(sums(top)).toEqual([
      [a, -1n],
      [b, 1n],
    ]);
  });

  test("value to nobody is refused", () => {
    const { to: _, ...headless } = frame("CALL", b, c, 1);
    expect(() => buildInternalMovements(frame("CALL", a, b, 0, [headless]), before)).toThrowError(
      expect.objectContaining({ code: "node-bad-response" }),
    );
  });
});

describe("self-destructs", () => {
  const toHeir = frame("CALL", a, b, 0, [frame("SELFDESTRUCT", b, c, 7)]);
  const toItself = frame("CALL", a, b, 0, [frame("SELFDESTRUCT", b, b, 7)]);

  test("the heir gets the balance, before and since Cancun", () => {
    for (const rules of [before, sinceCancun]) {
      expect(sums(toHeir, rules)).toEqual([
        [b, -7n],
        [c, 7n],
      ]);
      expect(buildInternalMovements(toHeir, rules).map(({ kind }) => kind)).toEqual(["selfdestruct", "selfdestruct"]);
    }
  });

  test("who inherits from itself loses it, since Cancun only if created in the same transaction (EIP-6780)", () => {
    expect(sums(toItself)).toEqual([[b, -7n]]);
    expect(sums(toItself, sinceCancun)).toEqual([]);
    const created = frame("CALL", a, d, 0, [frame("CREATE", d, b, 7, [frame("SELFDESTRUCT", b, b, 7)])]);
    expect(sums(created, sinceCancun)).toEqual([[d, -7n]]);
    expect(sums(frame("CREATE", a, b, 7, [frame("SELFDESTRUCT", b, b, 7)]), sinceCancun)).toEqual([[b, -7n]]);
  });

  test("what is sent to a contract after its end is lost with it", () => {
    const top = frame("CALL", a, d, 0, [
      frame("CALL", d, b, 0, [frame("SELFDESTRUCT", b, c, 7)]),
      frame("CALL", d, b, 3),
    ]);
    expect(sums(top)).toEqual([
      [b, -7n],
      [c, 7n],
      [d, -3n],
    ]);
    expect(sums(top, sinceCancun)).toEqual([
      [b, -4n],
      [c, 7n],
      [d, -3n],
    ]);
  });
});

type TracerCase = { readonly result: RpcCallFrame };
type DiffCase = {
  readonly result: { readonly pre: Balances; readonly post: Balances };
  readonly context: { readonly miner: string };
};
type Balances = Readonly<Record<string, { readonly balance?: string }>>;

describe("go-ethereum's tracer cases", () => {
  const folder = "ethereum__go-ethereum/tracetest/call_tracer";
  test.each([
    ["blob_tx", []],
    ["create", []],
    ["inner_throw_outer_revert", []],
    [
      "selfdestruct",
      [
        ["0x000000000000000000000000000000000000dead", 0x4d87094125a369d9bd5n],
        ["0x3b873a919aa0512d5a0f09e6dcceaa4a6727fafe", -0x4d87094125a369d9bd5n],
      ],
    ],
    [
      "simple",
      [
        ["0x0024f658a46fbb89d8ac105e98d7ac7cbbaf27c5", 500_000_000_000_000_000n],
        ["0x3b873a919aa0512d5a0f09e6dcceaa4a6727fafe", -500_000_000_000_000_000n],
      ],
    ],
  ] as const)("%s", (name, expected) => {
    expect(sums(readFixture<TracerCase>(`${folder}/${name}.json`).result)).toEqual(expected);
  });

  test.each(["simple", "tx_partial_failed"])("with logs: %s moves nothing inside", (name) => {
    expect(sums(readFixture<TracerCase>(`${folder}_withLog/${name}.json`).result)).toEqual([]);
  });

  test("the calls of a transaction explain the balance changes that the other tracer shows of it", () => {
    const { result } = readFixture<TracerCase>(`${folder}/simple.json`);
    const { result: diff, context } = readFixture<DiffCase>(
      "ethereum__go-ethereum/tracetest/prestate_tracer_with_diff_mode/simple.json",
    );
    const changes = new Map<string, bigint>();
    for (const [address, { balance }] of Object.entries(diff.post)) {
      if (balance !== undefined) changes.set(address, BigInt(balance) - BigInt(diff.pre[address]?.balance ?? 0));
    }
    const fee = changes.get(context.miner) ?? 0n;
    expect(fee).toBeGreaterThan(0n);
    changes.delete(context.miner);
    changes.set(result.from, (changes.get(result.from) ?? 0n) + fee);
    for (const [address, change] of changes) if (change === 0n) changes.delete(address);
    expect(sums(result)).toEqual(sorted(changes));
  });
});

type Replayed = {
  readonly result: readonly {
    readonly trace: readonly ParityTrace[];
    readonly stateDiff: Readonly<Record<string, { readonly balance: BalanceDiff }>>;
  }[];
};
type BalanceDiff =
  | "="
  | { readonly "*": { from: string; to: string } }
  | { readonly "+": string }
  | { readonly "-": string };

function readChange(diff: BalanceDiff): bigint {
  if (diff === "=") return 0n;
  if ("*" in diff) return BigInt(diff["*"].to) - BigInt(diff["*"].from);
  return "+" in diff ? BigInt(diff["+"]) : -BigInt(diff["-"]);
}

describe("Parity's traces against its state diffs: every change but the fee is explained", () => {
  test.each([
    [2000200, 24],
    [2000330, 13],
    [4000001, 16],
    [4417196, 19],
  ])("block %i", (height, transactions) => {
    const { result } = readFixture<Replayed>(`erigontech__rpc-tests/replay_trace_statediff_${height}.json`);
    expect(result).toHaveLength(transactions);
    const recipients = new Set<string>();
    for (const { trace, stateDiff } of result) {
      const top = treeOfParity(trace);
      const rest = new Map(Object.entries(stateDiff).map(([address, { balance }]) => [address, readChange(balance)]));
      const explain = (address: string, delta: bigint) => rest.set(address, (rest.get(address) ?? 0n) - delta);
      for (const [address, delta] of sums(top)) explain(address, delta);
      if (top.error === undefined) {
        explain(top.from, -BigInt(top.value ?? 0));
        explain(top.to as string, BigInt(top.value ?? 0));
      }
      const fee = -(rest.get(top.from) ?? 0n);
      rest.delete(top.from);
      const [recipient, ...others] = sorted(rest).filter(([, change]) => change !== 0n);
      expect(others).toEqual([]);
      // A miner that pays out of its own block gets its own fee back.
      expect(recipient?.[1] ?? 0n).toBe(fee);
      recipients.add(recipient?.[0] ?? top.from);
    }
    expect(recipients.size).toBe(1);
  });
});
