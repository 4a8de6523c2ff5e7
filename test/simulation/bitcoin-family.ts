import plugin from "../../src/plugins/bitcoin/index.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { accountOfHex } from "../../src/plugins/bitcoin/scripts/account.ts";
import { bitcoinDialect } from "../../src/testing/bitcoin/bitcoin-dialect.ts";
import { BITCOIN_REGTEST } from "../../src/testing/bitcoin/node-programs.ts";
import { StandInChain } from "../../src/testing/bitcoin/stand-in/stand-in-chain.ts";
import { StandInWire } from "../../src/testing/bitcoin/stand-in/stand-in-wire.ts";
import { FINAL_DEPTH, type HonestChain, SAFE_DEPTH, type SimulatedFamily } from "./family.ts";
import { PAID, RegtestChain } from "./regtest-chain.ts";

/** Bitcoin's family over stand-ins for nodes, with every block's work, merkle root and outputs. */
export function bitcoinFamily(): SimulatedFamily {
  const network = findNetwork(BITCOIN_REGTEST.chain) as BitcoinNetwork;
  return {
    chain: BITCOIN_REGTEST.chain,
    plugin,
    pluginName: "bitcoin",
    profile: "bitcoin/1",
    // Depths count the block itself.
    options: {
      expectedIntervalMs: 1_000,
      finalityDepth: { safe: SAFE_DEPTH + 1, finalized: FINAL_DEPTH + 1 },
    },
    dialect: bitcoinDialect(FINAL_DEPTH + 1),
    accounts: PAID.map(({ script }) => accountOfHex(Buffer.from(script).toString("hex"), network) as string),
    owned: () => 0n,
    build: (length, tipTime, intervalMs) => RegtestChain.build(length, tipTime, intervalMs),
    node: (name, first, clock) => {
      const chain = new StandInChain(name, clock);
      const move = (to: HonestChain) => {
        for (const { parsed } of (to as RegtestChain).blocks.slice(1)) {
          if (!chain.tree.find(parsed.hash)) chain.submitBlock(parsed);
        }
      };
      move(first);
      return { name, wire: new StandInWire(chain), move };
    },
  };
}
