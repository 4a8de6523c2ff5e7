import { Command } from "commander";
import type { HeadwaterConfig } from "../../config/headwater-config.ts";
import { ConfigError } from "../../config/problem.ts";
import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import { loadPlugin } from "../../plugins/loader.ts";
import { loadServiceConfig } from "../load-service-config.ts";
import { formatTable } from "../table.ts";

/** `headwater config check FILE`: whether a configuration is valid, and what it amounts to. Contacts nothing. */
export function configCommand(): Command {
  const check = new Command("check")
    .description("check a configuration file and show what it amounts to; contacts nothing")
    .argument("<file>", "the configuration")
    .action(async (file: string) => {
      const config = await loadServiceConfig(file);
      await openChains(file, config);
      process.stdout.write(describeConfig(file, config));
    });
  return new Command("config").description("work with configuration files").addCommand(check);
}

// A plugin may refuse what its schema allows, when it sees the whole chain. Opening one does no I/O.
async function openChains(file: string, config: HeadwaterConfig): Promise<void> {
  const problems = [];
  for (const [index, chain] of config.chains.entries()) {
    const { plugin } = await loadPlugin(chain.plugin);
    try {
      plugin.open(chain);
    } catch (error) {
      problems.push({ line: 1, column: 1, path: `chains[${index}]`, message: asHeadwaterError(error).message });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
}

function describeConfig(file: string, config: HeadwaterConfig): string {
  const rows = config.chains.map((chain) => [
    chain.alias ?? "-",
    chain.id,
    String(chain.nodes.length),
    String(operatorsOf(chain)),
    String(chain.agreement.operators ?? "-"),
    String(chain.index.from),
    chain.index.verify,
  ]);
  const headings = ["ALIAS", "CHAIN", "NODES", "OPERATORS", "MUST AGREE", "FROM", "VERIFY"];
  const { host, port } = config.api;
  const notes = config.chains.flatMap(noteChain).map((note) => `note: ${note}\n`);
  return `${file} is valid\nregion ${config.region}, store ${config.store.path}, API on ${host}:${port}\n${formatTable(headings, rows)}${notes.join("")}`;
}

/** What is allowed, and weaker than it looks. */
function noteChain(chain: ChainConfig): string[] {
  const notes: string[] = [];
  const operators = operatorsOf(chain);
  if (operators === 1) notes.push(`${chain.id}: all nodes have one operator: nobody can contradict it`);
  else if (chain.agreement.operators === 1) notes.push(`${chain.id}: one operator is believed alone`);
  if (chain.index.verify !== "full") notes.push(`${chain.id}: verify is ${chain.index.verify}: not all is recomputed`);
  return notes;
}

function operatorsOf(chain: ChainConfig): number {
  return new Set(chain.nodes.map(({ operator }) => operator)).size;
}
