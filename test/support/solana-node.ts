import type { ChainNode } from "../../src/core/contracts/plugin.ts";
import { connectNode } from "../../src/plugins/solana/node.ts";
import { startScripted } from "./node-transport.ts";
import { json, type ReceivedCall, type ScriptedNode, ScriptedRpcError } from "./scripted-node.ts";

/** What a method answers: a value, or a JSON text in which numbers may be of any size; throws `ScriptedRpcError` for an error. */
export type SolanaMethods = Readonly<Record<string, (...params: never[]) => unknown>>;

/** JSON as it stands, for numbers that no number of JavaScript holds. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A scripted Solana node and the plugin's client of it over the real transport, closed when the test ends. */
export async function openSolanaNode(methods: SolanaMethods): Promise<{ server: ScriptedNode; node: ChainNode }> {
  const { node: server, transport } = await startScripted(({ isBatch, calls }) => {
    const answers = calls.map((call) => answer(methods, call));
    return { body: isBatch ? `[${answers.join()}]` : (answers[0] as string) };
  });
  const options = { wantsProcessed: false, wantsSignatures: true, ingestionLagSlots: 100 };
  return { server, node: connectNode(options, transport) };
}

function answer(methods: SolanaMethods, { id, method, params }: ReceivedCall): string {
  const shell = { jsonrpc: "2.0", id };
  try {
    const found = methods[method];
    if (!found) throw new ScriptedRpcError({ code: -32601, message: "Method not found" });
    const result = found(...(params as never[]));
    if (!(result instanceof JsonText)) return json({ ...shell, result }).body as string;
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result.text}}`;
  } catch (error) {
    if (error instanceof ScriptedRpcError) return json({ ...shell, error: error.object }).body as string;
    throw error;
  }
}
