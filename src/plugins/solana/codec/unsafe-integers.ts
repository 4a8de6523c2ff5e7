const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;

/** The largest whole number up to which all are exact as numbers of JavaScript, 2^53 - 1, and how many digits it has. */
const LAST_SAFE = String(Number.MAX_SAFE_INTEGER);
const DIGITS = LAST_SAFE.length;

/**
 * Where the whole numbers beyond 2^53 - 1 stand in a JSON text: start and end of each, one after the other. Those within
 * texts are not among them. Of what is no JSON any place may be given, but none that would make it JSON when a text stood there.
 *
 * A run of sixteen digits has one at every sixteenth byte, so only these are looked at.
 */
export function findUnsafeIntegers(bytes: Uint8Array): number[] {
  const places: number[] = [];
  let texts: TextSkipper | undefined;
  for (let at = DIGITS - 1; at < bytes.length; at += DIGITS) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) continue;
    let start = at;
    while (isDigit(bytes[start - 1])) start--;
    let end = at + 1;
    while (isDigit(bytes[end])) end++;
    // The next run begins after this one.
    at = end;
    if (end - start < DIGITS || !isUnsafe(bytes, start, end)) continue;
    if (bytes[start - 1] === MINUS) start--;
    if (!standsAlone(bytes, start, end) || followsProse(bytes, start)) continue;
    texts ??= new TextSkipper(bytes);
    if (!texts.isWithin(start)) places.push(start, end);
  }
  return places;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isUnsafe(bytes: Uint8Array, start: number, end: number): boolean {
  // JSON has no leading zeros.
  if (bytes[start] === ZERO) return false;
  if (end - start > DIGITS) return true;
  for (let i = 0; i < DIGITS; i++) {
    const difference = (bytes[start + i] as number) - LAST_SAFE.charCodeAt(i);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Whether a value ends before and after it: it has no fraction or exponent and is no member's name. */
function standsAlone(bytes: Uint8Array, start: number, end: number): boolean {
  let before = start - 1;
  while (isSpace(bytes[before])) before--;
  let after = end;
  while (isSpace(bytes[after])) after++;
  return isOneOf(bytes[before], "[,:") && isOneOf(bytes[after], "]},");
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Whether something stands between it and the quote before it that is only found within texts: then it is within one, too. Logs
 * are full of long numbers, and going through all texts of a block for them takes as long as parsing it.
 */
function followsProse(bytes: Uint8Array, start: number): boolean {
  for (let at = start - 1; at >= 0 && bytes[at] !== QUOTE; at--) {
    if (!outsideTexts[bytes[at] as number]) return true;
  }
  return false;
}

/** By its code, whether a character may stand outside texts: in numbers, in `true`, `false` and `null`, between values. */
const outsideTexts = new Uint8Array(256);
for (const character of "[]{}:,+-.0123456789eEtrufalsn \t\r\n") outsideTexts[character.charCodeAt(0)] = 1;

/** Also where the bytes begin or end. */
function isOneOf(byte: number | undefined, characters: string): boolean {
  return byte === undefined || characters.includes(String.fromCharCode(byte));
}

/** Goes through a JSON text from text to text. */
class TextSkipper {
  readonly #bytes: Uint8Array;
  /** Where the newest text begins and ends. */
  #open = -1;
  #close = -1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether the place is within a text. Not to be asked for an earlier place than before. */
  isWithin(at: number): boolean {
    while (this.#close < at) {
      const open = this.#bytes.indexOf(QUOTE, this.#close + 1);
      if (open === -1 || open > at) return false;
      this.#open = open;
      this.#close = this.#end(open);
    }
    return this.#open < at;
  }

  /** Where a text ends that begins there. */
  #end(open: number): number {
    const bytes = this.#bytes;
    for (let at = open + 1; ; at++) {
      at = bytes.indexOf(QUOTE, at);
      if (at === -1) return bytes.length;
      let before = at - 1;
      while (bytes[before] === BACKSLASH) before--;
      if ((at - before) % 2 === 1) return at;
    }
  }
}
