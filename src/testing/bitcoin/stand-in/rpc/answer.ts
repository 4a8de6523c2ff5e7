import { HeadwaterError } from "../../../../core/errors.ts";
import { RPC_CODES } from "../rules.ts";
import type { StandInChain } from "../stand-in-chain.ts";
import { BLOCK_METHODS } from "./block-methods.ts";
import { MEMPOOL_METHODS } from "./mempool-methods.ts";
import type { RpcMethods } from "./method.ts";
import { MINING_METHODS } from "./mining-methods.ts";
import { NODE_METHODS } from "./node-methods.ts";
import { OUTPUT_METHODS } from "./output-methods.ts";

const METHODS: RpcMethods = Object.assign(Object.create(null), {
  ...BLOCK_METHODS,
  ...MEMPOOL_METHODS,
  ...MINING_METHODS,
  ...NODE_METHODS,
  ...OUTPUT_METHODS,
});

type Call = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown };
type Answer = {
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
  readonly id: unknown;
};

/**
 * Answers a JSON-RPC request, one call or a batch of them, as a node does: one that fails alone has a status of its own.
 * @throws the signal's reason while it waits for a block
 */
export async function answerRpc(
  chain: StandInChain,
  body: string,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    return {
      status: 500,
      body: JSON.stringify({ result: null, error: { code: RPC_CODES.parseError, message: "Parse error" }, id: null }),
    };
  }
  if (Array.isArray(request)) {
    const answers: Answer[] = [];
    for (const call of request as Call[]) answers.push(await answerCall(chain, call, signal));
    return { status: 200, body: JSON.stringify(answers) };
  }
  const answer = await answerCall(chain, request as Call, signal);
  return { status: statusOf(answer), body: JSON.stringify(answer) };
}

function statusOf({ error }: Answer): number {
  if (error === null) return 200;
  return error.code === RPC_CODES.methodNotFound ? 404 : 500;
}

async function answerCall(chain: StandInChain, call: Call, signal: AbortSignal | undefined): Promise<Answer> {
  const { id = null, method, params } = call;
  const known = typeof method === "string" ? METHODS[method] : undefined;
  if (!known) return { result: null, error: { code: RPC_CODES.methodNotFound, message: "Method not found" }, id };
  try {
    return { result: await known(chain, Array.isArray(params) ? params : [], signal), error: null, id };
  } catch (error) {
    if (signal?.aborted) throw error;
    const code = error instanceof HeadwaterError ? error.details["rpcCode"] : undefined;
    if (!(error instanceof HeadwaterError) || typeof code !== "number") {
      return { result: null, error: { code: RPC_CODES.misc, message: `The stand-in failed: ${error}` }, id };
    }
    return { result: null, error: { code, message: error.message }, id };
  }
}
