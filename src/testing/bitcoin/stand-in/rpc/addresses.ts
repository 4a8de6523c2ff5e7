import { fromBase58Check, fromBech32, toBase58Check, toBech32 } from "bitcoinjs-lib/src/address";
import { BITCOIN_REGTEST } from "../../node-programs.ts";
import { RPC_CODES, refuse } from "../rules.ts";

const { pubKeyHash, scriptHash, segwit } = BITCOIN_REGTEST;

/** The output script of an address. @throws HeadwaterError with the RPC code where it is none of regtest */
export function scriptOf(address: string): Uint8Array {
  const script = fromSegwit(address) ?? fromBase58(address);
  if (!script) throw refuse(RPC_CODES.invalidAddressOrKey, "Error: Invalid address");
  return script;
}

/** The type of an output script as nodes name it, and its address where it has one. */
export function describeScript(script: Uint8Array): { readonly type: string; readonly address?: string } {
  const bytes = Buffer.from(script);
  const hex = bytes.toString("hex");
  if (/^76a914.{40}88ac$/.test(hex)) {
    return { type: "pubkeyhash", address: toBase58Check(bytes.subarray(3, 23), pubKeyHash) };
  }
  if (/^a914.{40}87$/.test(hex))
    return { type: "scripthash", address: toBase58Check(bytes.subarray(2, 22), scriptHash) };
  if (/^0014.{40}$/.test(hex)) return witness("witness_v0_keyhash", bytes, 0);
  if (/^0020.{64}$/.test(hex)) return witness("witness_v0_scripthash", bytes, 0);
  if (/^5120.{64}$/.test(hex)) return witness("witness_v1_taproot", bytes, 1);
  if (/^(21.{66}|41.{130})ac$/.test(hex)) return { type: "pubkey" };
  if (/^5[1-3].*5[1-3]ae$/.test(hex)) return { type: "multisig" };
  return { type: hex.startsWith("6a") ? "nulldata" : "nonstandard" };
}

function witness(type: string, bytes: Buffer, version: number) {
  return { type, address: toBech32(bytes.subarray(2), version, segwit) };
}

function fromSegwit(address: string): Uint8Array | undefined {
  try {
    const { version, prefix, data } = fromBech32(address);
    if (prefix !== segwit) return undefined;
    return Buffer.from([version === 0 ? 0 : 0x50 + version, data.length, ...data]);
  } catch {
    // Then it may be an address of the older form.
    return undefined;
  }
}

function fromBase58(address: string): Uint8Array | undefined {
  try {
    const { version, hash } = fromBase58Check(address);
    if (version === pubKeyHash) return Buffer.from([0x76, 0xa9, 20, ...hash, 0x88, 0xac]);
    return version === scriptHash ? Buffer.from([0xa9, 20, ...hash, 0x87]) : undefined;
  } catch {
    return undefined;
  }
}
