import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { chainName, expectedIntervalMs, finalityDepth, readGiven } from "../options/chain-options.ts";
import type { OptionSchema, ValueOf } from "../options/schema.ts";

/** `chains[].options` of this plugin. What is left out is as the plugin's table of networks says for the chain. */
export const optionsSchema = {
  type: "object",
  properties: {
    finalityDepth: finalityDepth("When a block counts as safe and as final. Without it 6 and 100."),
    expectedIntervalMs,
    scans: {
      type: "string",
      enum: ["auto", "on", "off"],
      description:
        "Whether nodes are asked for balances, which they find by going through all unspent outputs (scantxoutset) at their " +
        "tip. `auto`: on networks of one's own (regtest), where that takes a moment; elsewhere it takes minutes.",
      default: "auto",
    },
    blocksDir: {
      type: "string",
      description:
        "The folder `blocks` of a node whose disk this is: far below the tip, blocks are read from its files rather than " +
        "asked for. Paths are relative to the working directory.",
      minLength: 1,
      maxLength: 4096,
      expected: "a path",
    },
    signetChallenge: {
      type: "string",
      description:
        "On a signet of one's own: the script, as hex, that its keepers' signatures satisfy (BIP325). Its genesis block, and " +
        "so its id, is that of the public one, whose script it is by default. Checked where it asks for one of several keys.",
      pattern: "^([0-9a-fA-F]{2})+$",
      maxLength: 20_000,
      expected: "hexadecimal digits, two a byte",
    },
    name: chainName,
  },
  additionalProperties: false,
  default: {},
  description: "Options of the bitcoin plugin.",
} as const satisfies OptionSchema;

export type BitcoinOptions = ValueOf<typeof optionsSchema>;

/** The options as given. @throws HeadwaterError `config-invalid` */
export function readOptions(chain: ChainConfig): BitcoinOptions {
  return readGiven(optionsSchema, chain);
}
