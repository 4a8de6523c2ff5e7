import type { FeedMessage, NodeTransport } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodeHeaders } from "./tips.ts";

const TOPIC = "hashblock";
const HASH_BYTES = 32;
const SEQUENCE_BYTES = 4;

/**
 * Listens to what the node publishes by ZMQ (`zmqpubhashblock`: each new tip's hash, then the number of the message in 32 bits,
 * little-endian) and gives every new tip to `onTip`. A gap in the numbers means that messages were lost, or that the node began
 * anew: then the tip is asked for.
 *
 * Resolves when the signal aborts. Methods: getblockheader, getbestblockhash.
 * @throws HeadwaterError `node-bad-response` for a message of another form, and what breaks the line or fails the question
 */
export async function watchPublished(
  subscribe: NonNullable<NodeTransport["subscribe"]>,
  headers: NodeHeaders,
  node: string,
  onTip: (tip: BlockRef) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal, work: "tip" as const };
  // Whoever waits for the feed may be gone before it ends: the line must not outlive this.
  const closing = new AbortController();
  let last: number | undefined;
  try {
    for await (const message of await subscribe([TOPIC], AbortSignal.any([signal, closing.signal]))) {
      if (message.topic !== TOPIC) continue;
      const { hash, sequence } = readMessage(message, node);
      const isNext = last === undefined || sequence === (last + 1) % 2 ** 32;
      last = sequence;
      onTip(isNext ? await headers.read(hash, options) : await headers.fetchTip(options));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    closing.abort();
  }
}

function readMessage({ parts }: FeedMessage, node: string): { readonly hash: string; readonly sequence: number } {
  const [hash, sequence, ...more] = parts;
  if (hash?.length === HASH_BYTES && sequence?.length === SEQUENCE_BYTES && more.length === 0) {
    // The hash stands as people write it, not as blocks hold it.
    return { hash: Buffer.from(hash).toString("hex"), sequence: Buffer.from(sequence).readUInt32LE() };
  }
  const expected = `${HASH_BYTES} and ${SEQUENCE_BYTES} bytes`;
  const actual = `parts of ${parts.map(({ length }) => length).join(", ") || "no"} bytes`;
  throw new HeadwaterError("node-bad-response", `node ${node}, ZMQ ${TOPIC}: expected ${expected}, got ${actual}`, {
    details: { node, topic: TOPIC, expected, actual },
  });
}
