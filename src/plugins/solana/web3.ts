import { createRequire } from "node:module";
import type * as Web3 from "@solana/web3.js";

const require = createRequire(import.meta.url);
let loaded: typeof Web3 | undefined;

/**
 * web3.js, loaded when it is first asked for, and by `connectNode` before anybody waits for it. Loading takes as long as
 * decoding a dozen blocks and thirty megabytes, in every thread that does it; the threads that decode never need it.
 */
export function web3(): typeof Web3 {
  loaded ??= require("@solana/web3.js") as typeof Web3;
  return loaded;
}
