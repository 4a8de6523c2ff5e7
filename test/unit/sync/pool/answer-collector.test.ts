import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/core/limits.ts";
import { AnswerCollector } from "../../../../src/sync/pool/answer-collector.ts";

type Controller = Parameters<AnswerCollector["onRequestStart"]>[0];

/** A connection that remembers why it was ended. */
function connection(): Controller {
  return {
    aborted: false,
    paused: false,
    reason: null,
    abort(reason) {
      Object.assign(this, { aborted: true, reason });
    },
    pause() {},
    resume() {},
  };
}

function receive(headers: Record<string, string>, chunks: readonly string[]): AnswerCollector {
  const collector = new AnswerCollector("n");
  const controller = connection();
  collector.onRequestStart(controller);
  collector.onResponseStart(controller, 103, { "content-length": "9" });
  collector.onResponseStart(controller, 200, headers);
  for (const chunk of chunks) collector.onResponseData(controller, Buffer.from(chunk));
  collector.onResponseEnd();
  return collector;
}

describe("an answer that arrives in parts", () => {
  it.each([
    ["of the announced length", "10"],
    ["of no announced length", ""],
    ["longer than announced", "7"],
    ["shorter than announced", "12"],
    ["of an announced length that is none", "ten"],
  ])("%s is whole, in a buffer of its own", async (_, length) => {
    const { body, status } = await receive(length === "" ? {} : { "content-length": length }, ["four", "", "six..."])
      .answer;
    expect(Buffer.from(body).toString()).toBe("foursix...");
    expect(body.buffer.byteLength).toBe(10);
    expect(status).toBe(200);
  });

  it("is refused, and the connection ended, as soon as its length is known to be over the cap", async () => {
    const collector = new AnswerCollector("n");
    const controller = connection();
    collector.onRequestStart(controller);
    collector.onResponseStart(controller, 200, { "content-length": `${LIMITS.nodeResponseBytes + 1}` });
    await expect(collector.answer).rejects.toMatchObject({ code: "node-response-too-large" });
    expect(controller.aborted).toBe(true);
  });

  it("is refused when more than the cap has come unannounced", async () => {
    const collector = new AnswerCollector("n");
    const controller = connection();
    collector.onRequestStart(controller);
    collector.onResponseStart(controller, 200, {});
    const part = Buffer.alloc(LIMITS.nodeResponseBytes / 4);
    for (let i = 0; i < 4; i++) collector.onResponseData(controller, part);
    expect(controller.aborted).toBe(false);
    collector.onResponseData(controller, Buffer.from("."));
    await expect(collector.answer).rejects.toMatchObject({ code: "node-response-too-large" });
    expect(controller.aborted).toBe(true);
  });

  it("is given up before it begins, when its request was", async () => {
    const collector = new AnswerCollector("n");
    collector.abort(new Error("enough"));
    const controller = connection();
    collector.onRequestStart(controller);
    expect(controller.aborted).toBe(true);
    await expect(collector.answer).rejects.toThrow("enough");
  });
});
