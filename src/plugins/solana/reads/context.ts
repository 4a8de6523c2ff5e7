import { HeadwaterError } from "../../../core/errors.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import type { Commitment } from "../block-request.ts";
import { Answer } from "../codec/answer.ts";

/** Which state a node is asked for: its newest of this commitment, but none before this slot. */
export type StateAsked = {
  readonly client: JsonRpcClient;
  readonly commitment: Commitment;
  readonly notBefore: number;
};

/** A value as it stood after the block at `slot`. */
export type StateAnswer = { readonly slot: number; readonly value: unknown; readonly answer: Answer };

/** What to put into a request so that a node that has not come so far says so (-32016) rather than telling older state. */
export function stateConfig({ commitment, notBefore }: StateAsked) {
  return { commitment, minContextSlot: notBefore };
}

/**
 * Reads an answer with its context. Old nodes do not know `minContextSlot`, and gateways drop it: the slot is looked at in
 * any case.
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block` when the state is older than asked
 */
export function readState({ client, notBefore }: StateAsked, method: string, result: unknown): StateAnswer {
  const answer = new Answer(`node ${client.node}, ${method}`);
  const { context, value } = answer.record(result, "result") as { context?: unknown; value?: unknown };
  const slot = answer.count(answer.record(context, "result.context")["slot"], "result.context.slot");
  if (slot < notBefore) {
    throw new HeadwaterError(
      "node-wrong-block",
      `${answer.where}: asked for the state of slot ${notBefore} or later, got that of slot ${slot}`,
      { details: { node: client.node, method, slot, notBefore } },
    );
  }
  if (value === undefined) throw answer.refuse("result.value", "a value", value);
  return { slot, value, answer };
}
