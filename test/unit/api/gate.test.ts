import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Gate, type Work } from "../../../src/api/gate.ts";
import { API_LIMITS } from "../../../src/api/limits.ts";
import { silentLogger } from "../../../src/core/contracts/logger.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

type Asked = { Params: { name: string } };

let app: FastifyInstance;
let gate: Gate;
/** What happened, in its order: `work <name>` and `send <name>`. */
let happened: string[];
let work: (name: string) => ReturnType<Work<Asked>>;

beforeEach(() => {
  app = fastify();
  gate = new Gate(new FakeClock(0), { ...API_LIMITS, requestsInFlight: 100 }, silentLogger);
  happened = [];
  work = (name) => ({ name });
  app.addHook("onSend", async ({ params }) => {
    happened.push(`send ${(params as Asked["Params"]).name}`);
  });
  const handler = gate.answer<Asked>(({ params: { name } }) => {
    happened.push(`work ${name}`);
    return work(name);
  });
  app.get<Asked>("/:name", handler);
});

afterEach(() => app.close());

/** Asks for all of them in one turn of the event loop. */
async function ask(...names: readonly string[]) {
  await app.ready();
  return await Promise.all(names.map((name) => app.inject(`/${name}`)));
}

const count = (n: number) => Array.from({ length: n }, (_, i) => `${i}`);
const did = (what: string, names: readonly string[]) => names.map((name) => `${what} ${name}`);

describe("requests of one turn", () => {
  it("are worked on one after the other and answered together at its end", async () => {
    const answers = await ask("a", "b", "c");
    expect(happened).toEqual([...did("work", ["a", "b", "c"]), ...did("send", ["a", "b", "c"])]);
    expect(answers.map(({ body }) => body)).toEqual(['{"name":"a"}', '{"name":"b"}', '{"name":"c"}']);
    expect(answers.map(({ headers }) => headers["content-type"])).toEqual(
      Array(3).fill("application/json; charset=utf-8"),
    );
    expect(gate.inside).toBe(0);
  });

  it("are answered in between when they are very many", async () => {
    const names = count(LIMITS.apiTurnAnswers + 2);
    await ask(...names);
    const first = names.slice(0, LIMITS.apiTurnAnswers);
    const [next, last] = names.slice(LIMITS.apiTurnAnswers) as [string, string];
    expect(happened).toEqual([
      ...did("work", first),
      ...did("send", first),
      ...did("work", [next, last]),
      ...did("send", [next, last]),
    ]);
  });

  it("judge by the same, which those of the next turn do not", async () => {
    const seen: unknown[] = [];
    work = () => {
      seen.push(gate.turn);
      return "1";
    };
    await ask("a", "b");
    await ask("c");
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).not.toBe(seen[0]);
  });

  it("fail alone: by what they throw, what they reject with, and what is no JSON", async () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    work = (name) => {
      if (name === "throws") throw new HeadwaterError("chain-unknown", "no such chain");
      if (name === "rejects") return Promise.reject(new HeadwaterError("chain-unknown", "no such chain"));
      return name === "circular" ? circular : "2";
    };
    const answers = await ask("a", "throws", "rejects", "circular", "b");
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 404, 404, 500, 200]);
    expect(answers.map(({ body }) => body.includes("no such chain"))).toEqual([false, true, true, false, false]);
    expect(gate.inside).toBe(0);
  });
});

describe("a request that takes longer than its turn", () => {
  it("is answered by itself, while those beside it and after it are answered before", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    work = (name) => (name === "slow" ? promise : "3");
    const slow = ask("slow");
    await ask("a");
    await ask("b");
    expect(happened).toEqual(["work slow", "work a", "send a", "work b", "send b"]);
    expect(gate.inside).toBe(1);
    resolve("4");
    expect((await slow).map(({ body }) => body)).toEqual(["4"]);
    expect(gate.inside).toBe(0);
  });

  it("holds the gate's closing up, which refuses all others, until it is answered", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    work = () => promise;
    const slow = ask("slow");
    await app.ready();
    while (gate.inside === 0) await new Promise(setImmediate);
    let empty = false;
    const closed = gate.close().then(() => {
      empty = true;
    });
    const [refused] = await ask("late");
    expect([refused?.statusCode, refused?.headers["connection"]]).toEqual([503, "close"]);
    expect([empty, happened]).toEqual([false, ["work slow", "send late"]]);
    resolve("5");
    const [answer] = await slow;
    expect([answer?.body, answer?.headers["connection"]]).toEqual(["5", "close"]);
    await closed;
  });
});

it("at its end, the gate sends what is done and refuses what is not, in the same turn", async () => {
  work = (name) => {
    if (name === "slow") return new Promise(() => {});
    process.nextTick(() => gate.end());
    return "6";
  };
  const [slow, done] = await ask("slow", "done");
  expect(done?.body).toBe("6");
  expect([slow?.statusCode, slow?.json().code]).toEqual([503, "shutting-down"]);
});
