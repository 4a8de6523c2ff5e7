import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { encodeBase58 } from "../../src/plugins/solana/codec/base58.ts";

/** What stands before the 32 bytes of an Ed25519 seed in its DER form (RFC 8410). */
const SEED_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export type Name = { readonly bytes: Buffer; readonly text: string; readonly privateKey?: KeyObject };

/** Keys by what they are called, the same at each run. */
export class Keys {
  readonly #known = new Map<string, Name>();

  /** An account that signs nothing: 32 bytes that look like a key. */
  account(called: string): Name {
    return this.#remember(called, () => name(digest(called)));
  }

  signer(called: string): Name {
    return this.#remember(called, () => {
      const key = Buffer.concat([SEED_PREFIX, digest(called)]);
      const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
      const bytes = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(12);
      return { ...name(bytes), privateKey };
    });
  }

  #remember(called: string, make: () => Name): Name {
    let known = this.#known.get(called);
    if (!known) {
      known = make();
      this.#known.set(called, known);
    }
    return known;
  }
}

function name(bytes: Buffer): Name {
  return { bytes, text: encodeBase58(bytes) };
}

export function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
