import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Output } from "../../../../src/core/model.ts";
import { type PackedOutputs, packOutputs, unpackOutputs } from "../../../../src/sync/outputs/packed-outputs.ts";

const outputs: fc.Arbitrary<Output[]> = fc.array(
  fc.record({
    id: fc.string(),
    account: fc.string(),
    asset: fc.constantFrom("coin", "other"),
    amount: fc.bigInt(),
    height: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
    coinbase: fc.boolean(),
  }),
);

function cross(packed: PackedOutputs): PackedOutputs {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(packed);
  const received = receiveMessageOnPort(port2)?.message as PackedOutputs;
  port1.close();
  return received;
}

describe("packed outputs", () => {
  it("come out of the other thread as they were", () => {
    fc.assert(
      fc.property(outputs, (list) => {
        expect(unpackOutputs(cross(packOutputs(list)))).toEqual(list);
      }),
    );
  });

  it("may leave out ids that are known there", () => {
    fc.assert(
      fc.property(outputs, (list) => {
        const packed = packOutputs(list, false);
        expect(packed.ids).toEqual([]);
        const ids = list.map(({ id }) => id);
        expect(unpackOutputs(cross(packed), ids)).toEqual(list);
      }),
    );
  });
});
