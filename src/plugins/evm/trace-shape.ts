import type { RpcCallFrame, RpcStateDiff, RpcTraced } from "./rpc-types.ts";
import { ADDRESS, HASH, type Json, QUANTITY, type Shape } from "./shape.ts";

/** The answer of debug_traceBlock… with the `callTracer`. @throws HeadwaterError `node-bad-response` */
export function checkCalls(shape: Shape, value: unknown): readonly RpcTraced<RpcCallFrame>[] {
  return checkTraced(shape, value, checkFrame) as readonly RpcTraced<RpcCallFrame>[];
}

export function checkDiffs(shape: Shape, value: unknown): readonly RpcTraced<RpcStateDiff>[] {
  return checkTraced(shape, value, checkDiff) as readonly RpcTraced<RpcStateDiff>[];
}

function checkTraced(shape: Shape, value: unknown, check: (shape: Shape, result: Json) => void): readonly unknown[] {
  if (!Array.isArray(value)) throw shape.refuse(undefined, "an array with one trace a transaction", value);
  shape.entries(value, (at, traced) => {
    at.optional(traced, "txHash", HASH);
    if (traced["error"] === null || traced["error"] === "") traced["error"] = undefined;
    if (traced["error"] !== undefined && typeof traced["error"] !== "string")
      throw at.refuse("error", "a text", traced["error"]);
    at.present(traced, "result", (key) => at.nested(traced, key, check));
  });
  return value;
}

function checkFrame(shape: Shape, frame: Json): void {
  if (typeof frame["type"] !== "string") throw shape.refuse("type", "a text", frame["type"]);
  shape.required(frame, "from", ADDRESS);
  shape.optional(frame, "to", ADDRESS);
  shape.optional(frame, "value", QUANTITY);
  if (frame["error"] === null || frame["error"] === "") frame["error"] = undefined;
  if (frame["error"] !== undefined && typeof frame["error"] !== "string")
    throw shape.refuse("error", "a text", frame["error"]);
  shape.present(frame, "calls", (key) => shape.objects(frame, key, checkFrame));
}

function checkDiff(shape: Shape, diff: Json): void {
  for (const side of ["pre", "post"]) {
    shape.nested(diff, side, (at, accounts) => {
      for (const address of Object.keys(accounts)) checkDiffAccount(at, accounts, address);
    });
  }
}

function checkDiffAccount(shape: Shape, accounts: Json, address: string): void {
  const folded = address.toLowerCase();
  if (!ADDRESS.pattern.test(folded)) throw shape.refuse(undefined, "accounts under their addresses", address);
  if (folded !== address) {
    accounts[folded] = accounts[address];
    delete accounts[address];
  }
  shape.nested(accounts, folded, (at, account) => at.optional(account, "balance", QUANTITY));
}
