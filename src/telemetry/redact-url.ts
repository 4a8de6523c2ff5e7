// A URL ends where no URL goes on. File URLs are left alone: they are the places in a stack.
const URLS = /\b(?!file:)([a-z][a-z0-9+.-]*):\/\/[^\s"'`<>\\]*/gi;
const PUNCTUATION = /[),.;:!?]+$/;

/**
 * Cuts every URL in a text to its origin: user, password, path and query may each be a credential. What starts like a
 * URL and cannot be read as one is cut to its protocol.
 */
export function redactUrl(text: string): string {
  if (!text.includes("://")) return text;
  return text.replace(URLS, (match: string, protocol: string) => {
    const tail = PUNCTUATION.exec(match)?.[0] ?? "";
    const url = match.slice(0, match.length - tail.length);
    return `${URL.canParse(url) ? `${protocol}://${new URL(url).host}` : `${protocol}://…`}${tail}`;
  });
}
