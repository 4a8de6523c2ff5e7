import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { keyText } from "./base58.ts";

/** What stands before the 32 bytes of a seed in the DER form of an Ed25519 key (RFC 8410). */
const SEED_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** An Ed25519 key, the same for the same name. For test chains only. */
export class Keypair {
  readonly address: string;
  readonly publicKey: Uint8Array;
  /** The seed and the public key, 64 bytes: what other Solana software takes for a secret key. */
  readonly secretKey: Uint8Array;
  readonly #key: KeyObject;

  private constructor(seed: Uint8Array) {
    this.#key = createPrivateKey({ key: Buffer.concat([SEED_PREFIX, seed]), format: "der", type: "pkcs8" });
    this.publicKey = createPublicKey(this.#key).export({ format: "der", type: "spki" }).subarray(-32);
    this.secretKey = Buffer.concat([seed, this.publicKey]);
    this.address = keyText(this.publicKey);
  }

  static named(name: string): Keypair {
    return new Keypair(createHash("sha256").update(`headwater test key ${name}`).digest());
  }

  sign(message: Uint8Array): Uint8Array {
    return sign(null, message, this.#key);
  }
}
