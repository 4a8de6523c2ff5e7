/** A block's own fields stand before or after its transactions, within so many bytes of an end. */
const SEEN_BYTES = 2_048;

const FIELD = /"(blockhash|blockTime)"\s*:\s*(?:"([^"\\]*)"|([^",}\s]+))/g;

/** The values of a block's fields as they stand in its bytes: a text without its quotes, else the characters. */
type Peeked = { blockhash?: string; blockTime?: string };

/**
 * Looks for a block's hash and time in a node's answer without parsing it. No other text in an answer has a quote before these
 * words without a backslash. What is not found is left to verification.
 */
export function peekFields(answer: Uint8Array): Peeked {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const ends =
    bytes.length <= 2 * SEEN_BYTES
      ? bytes.toString("latin1")
      : `${bytes.toString("latin1", 0, SEEN_BYTES)}\n${bytes.toString("latin1", bytes.length - SEEN_BYTES)}`;
  const fields: Peeked = {};
  for (const [, name, text, other] of ends.matchAll(FIELD)) fields[name as keyof Peeked] ??= text ?? other ?? "";
  return fields;
}
