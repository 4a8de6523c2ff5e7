import type { RpcCallFrame } from "../../src/plugins/evm/raw.ts";

type OpenFrame = Omit<RpcCallFrame, "calls"> & { calls: OpenFrame[] };

/** Puts frames that name their place by a trace address back into the tree that `callTracer` gives. */
function buildTree(
  frames: readonly { readonly address: readonly number[]; readonly frame: OpenFrame }[],
): RpcCallFrame {
  const [top, ...below] = [...frames].sort((a, b) => a.address.length - b.address.length);
  if (!top || top.address.length > 0) throw new Error("the traces have no top call");
  for (const { address, frame } of below) {
    let parent: OpenFrame | undefined = top.frame;
    for (const step of address.slice(0, -1)) parent = parent?.calls[step];
    if (!parent) throw new Error(`no parent for the trace at ${address.join(".")}`);
    parent.calls[address.at(-1) as number] = frame;
  }
  return top.frame;
}

/** A trace as chainstorage flattens it: `callTracer` frames with decimal values and a trace address. */
export type FlattenedTrace = {
  readonly type: string;
  readonly from: string;
  readonly to?: string;
  readonly value?: string;
  readonly error?: string;
  readonly traceAddress?: readonly string[];
};

export function treeOfFlattened(traces: readonly FlattenedTrace[]): RpcCallFrame {
  return buildTree(
    traces.map(({ type, from, to, value = "0", error, traceAddress = [] }) => ({
      address: traceAddress.map(Number),
      frame: {
        type,
        from,
        ...(to ? { to } : {}),
        value: `0x${BigInt(value).toString(16)}`,
        ...(error ? { error } : {}),
        calls: [],
      },
    })),
  );
}

/** A trace of Parity's `trace_` methods. */
export type ParityTrace = {
  readonly type: "call" | "create" | "suicide";
  readonly action: {
    readonly callType?: string;
    readonly from?: string;
    readonly to?: string;
    readonly value?: string;
    readonly address?: string;
    readonly refundAddress?: string;
    readonly balance?: string;
  };
  readonly result?: { readonly address?: string } | null;
  readonly error?: string;
  readonly traceAddress: readonly number[];
};

export function treeOfParity(traces: readonly ParityTrace[]): RpcCallFrame {
  return buildTree(traces.map((trace) => ({ address: trace.traceAddress, frame: frameOfParity(trace) })));
}

function frameOfParity({ type, action, result, error }: ParityTrace): OpenFrame {
  const failed = error === undefined ? {} : { error };
  switch (type) {
    case "suicide":
      return {
        type: "SELFDESTRUCT",
        from: action.address as string,
        to: action.refundAddress as string,
        value: action.balance as string,
        calls: [],
      };
    case "create": {
      const created = result?.address === undefined ? {} : { to: result.address };
      return {
        type: "CREATE",
        from: action.from as string,
        ...created,
        value: action.value as string,
        ...failed,
        calls: [],
      };
    }
    case "call":
      return {
        type: (action.callType as string).toUpperCase(),
        from: action.from as string,
        to: action.to as string,
        value: action.value as string,
        ...failed,
        calls: [],
      };
  }
}
