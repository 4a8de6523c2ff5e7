import { HeadwaterError } from "../../core/errors.ts";
import type { Account, Asset, Movement, MovementKind } from "../../core/model.ts";
import type { RpcCallFrame } from "./raw.ts";

type ValueStep = { readonly from: Account; readonly to: Account; readonly value: bigint };

type Walk = {
  readonly movements: Movement[];
  /** Every transfer in the order of execution, the transaction's own value first. */
  readonly steps: ValueStep[];
  /** Accounts that end with the transaction, and how many steps had been taken at their last self-destruct. */
  readonly destroyed: Map<Account, number>;
  readonly created: Set<Account>;
};

export type CallRules = {
  readonly native: Asset;
  /** From Cancun on a contract is only destroyed by the transaction that created it (EIP-6780). */
  readonly destroysCreatedOnly: boolean;
  /** For errors: the node that told, and the transaction. */
  readonly where: string;
};

/**
 * The movements that a successful transaction caused below its top call, from the frames of `callTracer`: values of nested
 * calls (`internal`), of nested creations (`create`), and what self-destructs sent or destroyed (`selfdestruct`). The top
 * frame's own value is the transaction's and is not among them. A frame with an error did nothing, nor did those in it.
 * @throws HeadwaterError `node-bad-response` when a frame that moves value does not say to whom
 */
export function buildInternalMovements(top: RpcCallFrame, rules: CallRules): Movement[] {
  if (top.error !== undefined) return [];
  const walk: Walk = { movements: [], steps: [], destroyed: new Map(), created: new Set() };
  if (isCreation(top) && top.to !== undefined) walk.created.add(top.to);
  if (top.to !== undefined) walk.steps.push({ from: top.from, to: top.to, value: readValue(top) });
  // A stack of its own, because a node may answer with frames nested deeper than ours.
  const pending = [...(top.calls ?? [])].reverse();
  for (let frame = pending.pop(); frame; frame = pending.pop()) {
    if (frame.error !== undefined) continue;
    visit(walk, frame, rules);
    if (!frame.calls) continue;
    for (let i = frame.calls.length - 1; i >= 0; i--) pending.push(frame.calls[i] as RpcCallFrame);
  }
  appendDestroyed(walk, rules.native);
  return walk.movements;
}

function visit(walk: Walk, frame: RpcCallFrame, rules: CallRules): void {
  const creation = isCreation(frame);
  const type = frame.type.toUpperCase();
  // DELEGATECALL shows its caller's value, STATICCALL has none, and CALLCODE pays to itself: none of them moves any.
  if (!creation && type !== "CALL" && type !== "SELFDESTRUCT") return;
  const { from, to } = frame;
  const value = readValue(frame);
  if (to === undefined) {
    if (value === 0n) return;
    throw new HeadwaterError("node-bad-response", `${rules.where}: a ${frame.type} frame moves value to nobody`);
  }
  if (creation) walk.created.add(to);
  const step = { from, to, value };
  if (type === "SELFDESTRUCT") destroy(walk, step, rules);
  else move(walk, step, creation ? "create" : "internal", rules.native);
}

function move(walk: Walk, step: ValueStep, kind: MovementKind, asset: Asset): void {
  const { from, to, value } = step;
  if (value === 0n) return;
  walk.steps.push(step);
  walk.movements.push({ account: from, asset, delta: -value, kind }, { account: to, asset, delta: value, kind });
}

function destroy(walk: Walk, step: ValueStep, rules: CallRules): void {
  const ends = !rules.destroysCreatedOnly || walk.created.has(step.from);
  if (step.from !== step.to) move(walk, step, "selfdestruct", rules.native);
  // Who names itself as heir takes the coins along, if it ends at all.
  else if (ends && step.value > 0n) {
    const { from: account, value } = step;
    walk.movements.push({ account, asset: rules.native, delta: -value, kind: "selfdestruct" });
  }
  if (ends) walk.destroyed.set(step.from, walk.steps.length);
}

/** What an account is sent after its self-destruct in the same transaction ends with it. */
function appendDestroyed({ destroyed, steps, movements }: Walk, asset: Asset): void {
  for (const [account, since] of destroyed) {
    let rest = 0n;
    for (const { from, to, value } of steps.slice(since)) {
      if (to === account) rest += value;
      if (from === account) rest -= value;
    }
    if (rest > 0n) movements.push({ account, asset, delta: -rest, kind: "selfdestruct" });
  }
}

function isCreation(frame: RpcCallFrame): boolean {
  return frame.type === "CREATE" || frame.type === "CREATE2";
}

function readValue(frame: RpcCallFrame): bigint {
  return frame.value === undefined ? 0n : BigInt(frame.value);
}
