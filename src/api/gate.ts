import type {
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
} from "fastify";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { Deadlines } from "./deadlines.ts";
import { sendProblem } from "./error-handler.ts";
import type { ApiLimits } from "./limits.ts";

type Handler<G extends RouteGenericInterface> = RouteHandlerMethod<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  G
>;

/** The reason of what is ended because its caller has gone. Nobody sees it, so no stack is taken for it. */
const GONE = "the caller has gone";

/** What is sent as JSON, or its JSON text. */
type Answer = object | string;

/** What a route does for one request. `signal` aborts when nobody waits for the answer any more. */
export type Work<G extends RouteGenericInterface> = (
  request: FastifyRequest<G>,
  signal: AbortSignal,
) => Answer | Promise<Answer>;

/**
 * The one way into every route that reads: counts who is inside, refuses who is too many or too late, and answers for
 * those whose time is over. A route's own answer after that is dropped.
 */
export class Gate {
  readonly #limits: ApiLimits;
  readonly #logger: Logger;
  readonly #deadlines: Deadlines<FastifyReply>;
  readonly #whenEmpty: (() => void)[] = [];
  #inside = 0;
  #closing = false;

  constructor(clock: Clock, limits: ApiLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
    this.#deadlines = new Deadlines(clock, limits.requestTimeoutMs, (reply, error) => {
      if (!reply.sent) sendProblem(reply, error);
    });
  }

  /** Requests that are being answered. */
  get inside(): number {
    return this.#inside;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** A handler that answers with what `work` gives, as JSON, or with the problem that it throws. */
  answer<G extends RouteGenericInterface>(work: Work<G>): Handler<G> {
    const handler = async (request: FastifyRequest<G>, reply: FastifyReply): Promise<void> => {
      this.#admit(reply);
      const place = this.#deadlines.enter(reply);
      const { signal } = place.controller;
      // Nobody waits any more: what is being read for this caller ends, above all what nodes are asked.
      reply.raw.once("close", () => {
        if (!reply.raw.writableEnded) place.controller.abort(GONE);
      });
      try {
        const answer = await work(request, signal);
        if (!reply.sent) this.#send(reply, answer);
      } catch (error) {
        if (signal.reason === GONE) reply.hijack();
        else if (!reply.sent) throw error;
        const { code, message } = asHeadwaterError(error);
        this.#logger.debug(
          { requestId: request.id, code },
          `when nobody waited for it any more, a request ended with: ${message}`,
        );
      } finally {
        this.#deadlines.leave(place, reply);
        this.#inside -= 1;
        if (this.#inside === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
      }
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

  #send(reply: FastifyReply, answer: Answer): void {
    // Without this, a kept-alive connection whose request was running when closing began would hold the close up.
    if (this.#closing) reply.header("connection", "close");
    // JSON.stringify is faster than fast-json-stringify on these answers with Node 24; tests hold both to one schema.
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    reply.header("content-type", "application/json; charset=utf-8").send(text);
  }
}

function shuttingDown(): HeadwaterError {
  return new HeadwaterError("shutting-down", "the service is stopping: ask another replica, or later");
}
