/**
 * What is found in an answer's bytes without parsing them. A text inside the JSON cannot be taken for a field: its
 * quotation marks are escaped.
 */

/** Whether a block in these bytes lists uncles. Where the field is absent there are none. */
export function mayHaveUncles(bytes: Uint8Array): boolean {
  return hasField(bytes, "uncles", /^\s*:\s*\[\s*"/);
}

/** Whether one of the responses is a JSON-RPC error. Tracers tell of failed calls by texts, never by objects. */
export function hasErrorObject(bytes: Uint8Array): boolean {
  return hasField(bytes, "error", /^\s*:\s*\{/);
}

function hasField(bytes: Uint8Array, name: string, value: RegExp): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = Buffer.from(`"${name}"`);
  for (let at = buffer.indexOf(field); at >= 0; at = buffer.indexOf(field, at + 1)) {
    const start = at + field.length;
    if (value.test(buffer.toString("latin1", start, start + 64))) return true;
  }
  return false;
}
