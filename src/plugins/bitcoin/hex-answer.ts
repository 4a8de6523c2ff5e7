import { HeadwaterError } from "../../core/errors.ts";
import { readAnswer } from "../json-rpc/answers.ts";
import { excerpt } from "../json-rpc/excerpt.ts";
import { classifyRpcError } from "./rpc-errors.ts";

const RESULT = Buffer.from('"result"');
const QUOTE = 0x22;
const COLON = 0x3a;
const NOT_HEX = /[^0-9a-fA-F]/;

/**
 * The bytes that stand as hex in the result of a JSON-RPC answer. The hex is cut out without parsing the whole: a block's
 * answer has millions of characters. What is around it is parsed, so an error, a foreign id or rubbish is found as always.
 * @throws HeadwaterError `node-bad-response`, or what the node's error is classified as
 */
export function readHexAnswer(bytes: Uint8Array, id: number, node: string, method: string): Buffer {
  const answer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const span = findResult(answer);
  const asked = { node, method, classify: classifyRpcError };
  if (span === undefined) {
    const result = readAnswer(bytes, id, asked);
    throw notHex(node, method, typeof result === "string" ? `${result.length} characters` : `${typeof result}`);
  }
  const [start, end] = span;
  readAnswer(Buffer.concat([answer.subarray(0, start), answer.subarray(end)]), id, asked);
  const text = answer.toString("latin1", start, end);
  const decoded = Buffer.from(text, "hex");
  // Decoding stops at the first pair that is none.
  if (decoded.length * 2 === text.length && text.length > 0) return decoded;
  const at = NOT_HEX.exec(text)?.index ?? text.length;
  throw notHex(node, method, `${excerpt(answer.subarray(start + at, end))} at digit ${at}`);
}

/** Where the text of the result stands, without its quotes; undefined where it is no text or is not to be found. */
function findResult(answer: Buffer): readonly [number, number] | undefined {
  const key = answer.indexOf(RESULT);
  if (key < 0) return undefined;
  let at = skipSpace(answer, key + RESULT.length);
  if (answer[at] !== COLON) return undefined;
  at = skipSpace(answer, at + 1);
  if (answer[at] !== QUOTE) return undefined;
  const end = answer.indexOf(QUOTE, at + 1);
  return end < 0 ? undefined : [at + 1, end];
}

function skipSpace(answer: Buffer, at: number): number {
  let next = at;
  while (answer[next] === 0x20 || answer[next] === 0x0a || answer[next] === 0x0d || answer[next] === 0x09) next++;
  return next;
}

function notHex(node: string, method: string, actual: string): HeadwaterError {
  return new HeadwaterError("node-bad-response", `node ${node}, ${method}: expected bytes in hex, got ${actual}`, {
    details: { node, method, actual },
  });
}
