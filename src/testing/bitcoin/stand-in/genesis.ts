import { type ParsedBlock, parseBlock } from "./parsed.ts";

/** Block 0 of Bitcoin's regtest, whose hash is 0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206. */
const GENESIS = [
  `01000000${"00".repeat(32)}`,
  "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a",
  "dae5494dffff7f2002000000",
  "01",
  `0100000001${"00".repeat(32)}ffffffff`,
  "4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e20627269",
  "6e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff",
  "0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4c",
  "ef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000",
].join("");

export function genesisBlock(): ParsedBlock {
  return parseBlock(GENESIS);
}
