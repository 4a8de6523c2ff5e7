import type { AssetInfo } from "../../core/model.ts";
import { readSymbolText } from "../../core/symbol.ts";
import { keyText } from "./codec/base58.ts";
import { TOKEN_2022, type TokenProgram } from "./token-programs.ts";
import { web3 } from "./web3.ts";

/** Metaplex's Token Metadata, in whose accounts most tokens are described. */
const METADATA_PROGRAM = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
/** `Key::MetadataV1` of that program: the first byte of such an account. */
const METADATA_V1 = 4;

/** How a mint begins in both programs (spl-token `state.rs`): after who may mint (36 bytes) and the supply (8). */
const DECIMALS_AT = 44;
const INITIALIZED_AT = 45;
/** Token-2022 puts extensions behind the size of an account and a byte that says what it is: type, length (u16 each), content. */
const KIND_AT = 165;
const KIND_MINT = 1;
const TOKEN_METADATA = 19;

/** Where Metaplex's metadata of a mint stands. */
export function metadataAddress(mint: string): string {
  const { PublicKey } = web3();
  const program = new PublicKey(METADATA_PROGRAM);
  const seeds = [Buffer.from("metadata"), program.toBuffer(), new PublicKey(mint).toBuffer()];
  return PublicKey.findProgramAddressSync(seeds, program)[0].toBase58();
}

/** What a mint tells of itself; undefined where the bytes are no mint that is set up. */
export function readMintInfo(mint: string, program: TokenProgram, bytes: Buffer): AssetInfo | undefined {
  if (bytes.length <= INITIALIZED_AT || bytes[INITIALIZED_AT] !== 1) return undefined;
  const decimals = bytes[DECIMALS_AT] as number;
  return { decimals, symbol: program === TOKEN_2022 ? readExtensionSymbol(mint, bytes) : null };
}

/** The symbol in the metadata that a Token-2022 mint holds itself (SPL Token Metadata interface): authority, mint, name, symbol. */
function readExtensionSymbol(mint: string, bytes: Buffer): string | null {
  if (bytes[KIND_AT] !== KIND_MINT) return null;
  for (let at = KIND_AT + 1; at + 4 <= bytes.length; at += 4 + bytes.readUInt16LE(at + 2)) {
    if (bytes.readUInt16LE(at) === TOKEN_METADATA) return readSymbolAfterName(mint, bytes, at + 4 + 32);
  }
  return null;
}

/** The symbol of Metaplex's metadata: kind, authority, mint, name, symbol. Null where the account is not of that kind or mint. */
export function readMetadataSymbol(mint: string, owner: string, bytes: Buffer): string | null {
  if (owner !== METADATA_PROGRAM || bytes[0] !== METADATA_V1) return null;
  return readSymbolAfterName(mint, bytes, 1 + 32);
}

/** Both ways put the mint's key first, then name and symbol, each after its length as a u32, padded with zeros by some. */
function readSymbolAfterName(mint: string, bytes: Buffer, mintAt: number): string | null {
  if (bytes.length < mintAt + 36 || keyText(bytes, mintAt) !== mint) return null;
  const symbolAt = mintAt + 36 + bytes.readUInt32LE(mintAt + 32);
  if (bytes.length < symbolAt + 4) return null;
  const end = symbolAt + 4 + bytes.readUInt32LE(symbolAt);
  return end <= bytes.length ? readSymbolText(bytes.subarray(symbolAt + 4, end)) : null;
}
