import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One JSON-RPC request as the node got it. */
export type ReceivedCall = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };

/** One HTTP request as the node got it: `calls` holds one entry, or those of the batch. */
export type ReceivedRequest = {
  readonly body: string;
  readonly isBatch: boolean;
  readonly calls: readonly ReceivedCall[];
};

export type ScriptedReply = {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Cut the connection after so many bytes of the body, though all were announced. */
  readonly cutAfterBytes?: number;
};

/** A node's own JSON-RPC error: a method's answer throws it. */
export class ScriptedRpcError extends Error {
  readonly object: unknown;

  constructor(object: unknown) {
    super(JSON.stringify(object));
    this.object = object;
  }
}

export type Respond = (request: ReceivedRequest) => ScriptedReply | Promise<ScriptedReply>;
/** The results of methods by name. What throws ScriptedRpcError is answered with that error. */
export type ScriptedMethods = Readonly<Record<string, (...params: never[]) => unknown>>;

/**
 * A real HTTP server on loopback that answers as the test says. It speaks no chain's language. An answer that is to wait
 * is a promise which the test resolves.
 */
export class ScriptedNode {
  readonly url: string;
  /** What was received, in order. */
  readonly requests: ReceivedRequest[] = [];
  /** May be replaced at any time. */
  respond: Respond;
  readonly #server: Server;

  private constructor(server: Server, respond: Respond) {
    this.#server = server;
    this.respond = respond;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(respond: Respond): Promise<ScriptedNode> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const node = new ScriptedNode(server, respond);
    server.on("request", (request, response) => void node.#answer(request, response));
    return node;
  }

  /** The methods received so far, one entry a request: `a+b` for a batch. */
  get methods(): string[] {
    return this.requests.map(({ calls }) => calls.map(({ method }) => method).join("+"));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = readRequest(Buffer.concat(chunks).toString("utf8"));
    this.requests.push(received);
    const { status = 200, headers, body, cutAfterBytes } = await this.respond(received);
    const bytes = Buffer.from(body as string);
    response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length, ...headers });
    if (cutAfterBytes === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, cutAfterBytes), () => response.destroy());
  }
}

function readRequest(body: string): ReceivedRequest {
  const json: unknown = JSON.parse(body);
  const isBatch = Array.isArray(json);
  return { body, isBatch, calls: (isBatch ? json : [json]) as ReceivedCall[] };
}

/** Answers every call by its method's function; -32601 for any other. Batches larger than `batchCalls` get one error. */
export function answerMethods(
  methods: ScriptedMethods,
  options: { batchCalls?: number; refusal?: unknown } = {},
): Respond {
  const { batchCalls = Number.POSITIVE_INFINITY, refusal = { code: -32600, message: "batch too large" } } = options;
  return ({ isBatch, calls }) => {
    if (isBatch && calls.length > batchCalls) return json({ jsonrpc: "2.0", id: null, error: refusal });
    const answers = calls.map((call) => answerCall(methods, call));
    return json(isBatch ? answers : answers[0]);
  };
}

/** What a front answers itself; undefined lets the call through to the real node. */
export type Intercept = (call: ReceivedCall) => { result: unknown } | { error: unknown } | undefined;

/** A front for the real node at `url`: calls that `intercept` does not answer are the real node's. */
export function answerEach(url: string, intercept: Intercept): Respond {
  return async ({ isBatch, calls }) => {
    const answers = await Promise.all(
      calls.map(async (call) => {
        const own = intercept(call);
        return own ? { jsonrpc: "2.0", id: call.id, ...own } : await forward(url, call);
      }),
    );
    return json(isBatch ? answers : answers[0]);
  };
}

async function forward(url: string, call: ReceivedCall): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(call) });
  return await response.json();
}

export function json(value: unknown): ScriptedReply {
  return { body: JSON.stringify(value) };
}

function answerCall(methods: ScriptedMethods, { id, method, params }: ReceivedCall): unknown {
  try {
    const answer = methods[method];
    if (!answer)
      throw new ScriptedRpcError({ code: -32601, message: `the method ${method} does not exist/is not available` });
    return { jsonrpc: "2.0", id, result: answer(...(params as never[])) };
  } catch (error) {
    if (error instanceof ScriptedRpcError) return { jsonrpc: "2.0", id, error: error.object };
    throw error;
  }
}
