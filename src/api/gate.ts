import type {
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
} from "fastify";
import type { AtHandOrLater } from "../core/at-hand.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Caller } from "../core/contracts/service.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { Deadlines, type Place } from "./deadlines.ts";
import { sendProblem } from "./error-handler.ts";
import type { ApiLimits } from "./limits.ts";
import { Turn } from "./turn.ts";

type Handler<G extends RouteGenericInterface> = RouteHandlerMethod<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  G
>;

/** The reason of what is ended because its caller has gone. Nobody sees it, so no stack is taken for it. */
const GONE = "the caller has gone";

/** An answer with a status of its own; without a body nothing is sent. */
export class Reply {
  readonly status: 201 | 204;
  readonly body: object | undefined;

  constructor(status: 201 | 204, body?: object) {
    this.status = status;
    this.body = body;
  }
}

/** What is sent as JSON, or its JSON text. */
type Answer = object | string;

/** What a route does for one request. */
export type Work<G extends RouteGenericInterface> = (
  request: FastifyRequest<G>,
  caller: Caller,
) => AtHandOrLater<Answer>;

/** One request inside the gate. */
class Visit implements Caller {
  readonly reply: FastifyReply;
  /** What the route gave, once it is done: the answer's JSON text or what it threw. */
  outcome: { readonly text: string; readonly status?: number } | { readonly error: unknown } | undefined;
  /** Where its deadline is kept, once it has outlasted the turn in which it came. */
  place: Place<Visit> | undefined;
  #controller: AbortController | undefined;
  #ended: unknown;

  constructor(reply: FastifyReply) {
    this.reply = reply;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  get isGone(): boolean {
    return this.#ended === GONE;
  }

  /** Nobody waits any more. The first reason stays. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#controller?.abort(reason);
  }
}

/**
 * The one way into every route that reads: counts who is inside, refuses who is too many or too late, and answers for
 * those whose time is over. A route's own answer after that is dropped.
 *
 * Requests are read, and their answers made, in one turn of the event loop, and all these answers are sent at its end: under
 * load this halves a request's cost, because code and data of each step stay at hand and because a client on the same
 * machine, or a proxy, is woken once a turn. Only a request that takes longer than its turn needs a deadline and an eye on
 * its connection.
 */
export class Gate {
  readonly #limits: ApiLimits;
  readonly #logger: Logger;
  readonly #deadlines: Deadlines<Visit>;
  readonly #whenEmpty: (() => void)[] = [];
  /** Who came in this turn of the event loop. */
  #arrived: Visit[] = [];
  #turn = new Turn();
  #inside = 0;
  #closing = false;

  constructor(clock: Clock, limits: ApiLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
    this.#deadlines = new Deadlines(clock, limits.requestTimeoutMs, (visit, error) => {
      if (!visit.reply.sent) sendProblem(visit.reply, error);
      visit.end(error);
    });
  }

  /** Requests that are being answered. */
  get inside(): number {
    return this.#inside;
  }

  /** What those who come in this turn have in common. Not to be kept over an await. */
  get turn(): Turn {
    return this.#turn;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** A handler that answers with what `work` gives, as JSON, or with the problem that it throws. */
  answer<G extends RouteGenericInterface>(work: Work<G>): Handler<G> {
    const handler = (request: FastifyRequest<G>, reply: FastifyReply): void => {
      this.#admit(reply);
      const visit = new Visit(reply);
      // Work that has to wait for nothing is done when the next request is read.
      if (this.#arrived.length === LIMITS.apiTurnAnswers) this.#endTurn();
      if (this.#arrived.push(visit) === 1) setImmediate(this.#endTurn);
      this.#do(visit, request, work);
    };
    // Nothing is returned: a returned reply is awaited until the socket has taken it, which doubles a read's cost.
    return handler as unknown as Handler<G>;
  }

  /** Refuses all who come from now on. Resolves when nobody is inside. May be called twice. */
  close(): Promise<void> {
    this.#closing = true;
    if (this.#inside === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Answers `shutting-down` to all who are still inside. */
  end(): void {
    this.#closing = true;
    this.#endTurn();
    this.#deadlines.end(shuttingDown());
  }

  #admit(reply: FastifyReply): void {
    if (this.#closing) {
      reply.header("connection", "close");
      throw shuttingDown();
    }
    const { requestsInFlight } = this.#limits;
    if (this.#inside >= requestsInFlight) {
      throw new HeadwaterError("overloaded", `${requestsInFlight} requests are being answered: expected fewer`, {
        details: { requestsInFlight },
      });
    }
    this.#inside += 1;
  }

  /** Never throws. */
  #do<G extends RouteGenericInterface>(visit: Visit, request: FastifyRequest<G>, work: Work<G>): void {
    try {
      const answer = work(request, visit);
      if (answer instanceof Promise) void this.#await(visit, answer);
      else visit.outcome = outcomeOf(answer);
    } catch (error) {
      visit.outcome = { error };
    }
  }

  /** Never rejects. */
  async #await(visit: Visit, answer: Promise<Answer>): Promise<void> {
    try {
      visit.outcome = outcomeOf(await answer);
    } catch (error) {
      visit.outcome = { error };
    }
    if (visit.place) this.#finish(visit);
  }

  readonly #endTurn = (): void => {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#turn = new Turn();
    for (const visit of arrived) {
      if (visit.outcome) this.#finish(visit);
      else this.#watch(visit);
    }
  };

  /** The request takes longer: somebody has to look at the clock, and whether its caller is still there. */
  #watch(visit: Visit): void {
    visit.place = this.#deadlines.enter(visit);
    const { raw } = visit.reply;
    const leave = () => {
      // What is being read for this caller ends, above all what nodes are asked.
      if (!raw.writableEnded) visit.end(GONE);
    };
    if (raw.destroyed) leave();
    else raw.once("close", leave);
  }

  #finish(visit: Visit): void {
    const { reply, place, outcome } = visit;
    if (place) this.#deadlines.leave(place, visit);
    try {
      if (outcome && "text" in outcome) this.#send(reply, outcome.text, outcome.status);
      else this.#fail(visit, outcome?.error);
    } catch (error) {
      // Whoever else is answered in this turn has nothing to do with it.
      if (!reply.sent) reply.send(asHeadwaterError(error));
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    }
  }

  #send(reply: FastifyReply, text: string, status?: number): void {
    if (reply.sent) return;
    // Without this, a kept-alive connection whose request was running when closing began would hold the close up.
    if (this.#closing) reply.header("connection", "close");
    if (status !== undefined) reply.code(status);
    if (status === 204) reply.send();
    else reply.header("content-type", "application/json; charset=utf-8").send(text);
  }

  #fail({ reply, isGone }: Visit, error: unknown): void {
    if (isGone) reply.hijack();
    else if (!reply.sent) {
      reply.send(error instanceof Error ? error : asHeadwaterError(error));
      return;
    }
    const { code, message } = asHeadwaterError(error);
    this.#logger.debug(
      { requestId: reply.request.id, code },
      `when nobody waited for it any more, a request ended with: ${message}`,
    );
  }
}

function outcomeOf(answer: Answer): { readonly text: string; readonly status?: number } {
  if (!(answer instanceof Reply)) return { text: textOf(answer) };
  return { text: answer.body === undefined ? "" : textOf(answer.body), status: answer.status };
}

/** JSON.stringify is faster than fast-json-stringify on these answers with Node 24; tests hold both to one schema. */
function textOf(answer: Answer): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

function shuttingDown(): HeadwaterError {
  return new HeadwaterError("shutting-down", "the service is stopping: ask another replica, or later");
}
