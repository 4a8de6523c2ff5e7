/** What a CashAddr address stands for. Types 2 and 3, which say that tokens are welcome, stand for the same scripts. */
export type CashAddress = { readonly type: "pubKeyHash" | "scriptHash"; readonly hash: Uint8Array };

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM_SYMBOLS = 8;
/** By the lower three bits of the version byte. */
const HASH_BYTES: readonly number[] = [20, 24, 28, 32, 40, 48, 56, 64];
const TYPES: readonly CashAddress["type"][] = ["pubKeyHash", "scriptHash", "pubKeyHash", "scriptHash"];
const GENERATORS: readonly bigint[] = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];

/** The address without its prefix, as CAIP-10 can hold it: the checksum covers the prefix all the same. */
export function writeCashAddress(prefix: string, type: CashAddress["type"], hash: Uint8Array): string {
  const version = (TYPES.indexOf(type) << 3) | HASH_BYTES.indexOf(hash.length);
  return encodeCashPayload(prefix, version, hash);
}

/**
 * The hash in an address with or without the prefix, in one case. Undefined where the text is no address with this prefix,
 * or its type is not known. Source: the CashAddr specification.
 */
export function readCashAddress(prefix: string, text: string): CashAddress | undefined {
  const payload = decodeCashPayload(prefix, text);
  if (payload === undefined) return undefined;
  const type = TYPES[payload.version >> 3];
  return type && { type, hash: payload.hash };
}

/** The address of any version byte, without its prefix. */
export function encodeCashPayload(prefix: string, version: number, hash: Uint8Array): string {
  const payload = regroup([version, ...hash], 8, 5, true) as number[];
  const checksum = polymod([...prefixSymbols(prefix), ...payload, ...new Array<number>(CHECKSUM_SYMBOLS).fill(0)]);
  const symbols = [...payload];
  for (let i = CHECKSUM_SYMBOLS - 1; i >= 0; i--) symbols.push(Number((checksum >> BigInt(5 * i)) & 31n));
  return symbols.map((symbol) => ALPHABET[symbol]).join("");
}

/** Version byte and hash of an address, or undefined where the text is none with this prefix. */
export function decodeCashPayload(prefix: string, text: string): { version: number; hash: Uint8Array } | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const bare = lower.startsWith(`${prefix}:`) ? lower.slice(prefix.length + 1) : lower;
  const symbols = [...bare].map((character) => ALPHABET.indexOf(character));
  if (symbols.length <= CHECKSUM_SYMBOLS || symbols.includes(-1)) return undefined;
  if (polymod([...prefixSymbols(prefix), ...symbols]) !== 0n) return undefined;
  const bytes = regroup(symbols.slice(0, -CHECKSUM_SYMBOLS), 5, 8, false);
  if (bytes === undefined) return undefined;
  const [version = 0x80, ...hash] = bytes;
  return version < 0x80 && hash.length === HASH_BYTES[version & 7]
    ? { version, hash: Uint8Array.from(hash) }
    : undefined;
}

function prefixSymbols(prefix: string): number[] {
  return [...prefix].map((character) => character.charCodeAt(0) & 31).concat(0);
}

/** The remainder of the BCH code over the symbols, 40 bits; 0 where the checksum is right. */
function polymod(symbols: readonly number[]): bigint {
  let rest = 1n;
  for (const symbol of symbols) {
    const top = rest >> 35n;
    rest = ((rest & 0x07_ffff_ffffn) << 5n) ^ BigInt(symbol);
    for (const [bit, generator] of GENERATORS.entries()) {
      if ((top >> BigInt(bit)) & 1n) rest ^= generator;
    }
  }
  return rest ^ 1n;
}

/** Regroups bits. Without padding, what is left over must be zeros and less than a group of the old size. */
function regroup(groups: readonly number[], from: number, to: number, pad: boolean): number[] | undefined {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const group of groups) {
    held = (held << from) | group;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push((held >> bits) & ((1 << to) - 1));
    }
    held &= (1 << bits) - 1;
  }
  if (pad) return bits === 0 ? out : [...out, (held << (to - bits)) & ((1 << to) - 1)];
  return bits < from && held === 0 ? out : undefined;
}
