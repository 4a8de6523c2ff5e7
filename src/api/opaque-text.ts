/** The opaque text of a value that JSON can hold: base64url (RFC 4648, section 5) of its JSON. */
export function encodeOpaque(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/**
 * The value of an opaque text; undefined for any text but the one form that `encodeOpaque` gives it. Decoding alone skips what
 * it does not know and drops what is left over at the end: a damaged text would be read as another one.
 */
export function decodeOpaque(text: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return encodeOpaque(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
