import { Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../core/clock.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { FaultDialect } from "../../testing/faulty-node/fault-dialect.ts";
import { Interruption } from "../interruption.ts";
import { loadFaultScript } from "../load-fault-script.ts";

type FaultyNodeOptions = {
  readonly family: "evm" | "bitcoin" | "solana";
  readonly upstream?: string;
  readonly ws?: string;
  readonly blocks?: string;
  readonly chainId?: number;
  readonly script: string;
  readonly port: number;
  readonly seed?: number;
  readonly finalityDepth: number;
};

/** `headwater faulty-node`: a node that lies and fails as a script says, until a signal ends it. */
export function faultyNodeCommand(): Command {
  return new Command("faulty-node")
    .description("put a node that fails and lies by a script in front of a real one, or of recorded blocks")
    .addOption(
      new Option("--family <name>", "what the node speaks").choices(["evm", "bitcoin", "solana"]).default("evm"),
    )
    .option("--upstream <url>", "the honest node; user and password may stand in it")
    .option("--ws <url>", "the honest node's websocket")
    .option("--blocks <path>", "recorded EVM blocks in place of an honest node: a file or a directory")
    .option("--chain-id <number>", "the chain id that recorded blocks are served with", readInteger)
    .requiredOption("--script <file>", "what goes wrong, and when (docs/testing.md)")
    .option("--port <number>", "where it listens on loopback; 0 takes any free one", readInteger, 0)
    .option("--seed <number>", "in place of the script's", readInteger)
    .option("--finality-depth <number>", "blocks that make one final, where nodes do not tell it", readInteger, 100)
    .action(async (options: FaultyNodeOptions) => {
      using interruption = new Interruption();
      await runFaultyNode(options, interruption.signal);
    });
}

async function runFaultyNode(options: FaultyNodeOptions, signal: AbortSignal): Promise<void> {
  const script = await loadFaultScript(options.script);
  const upstream = await openUpstream(options);
  // What these need is of no use to a service: it must not be loaded with the command line.
  const { FaultyNode } = await import("../../testing/faulty-node/faulty-node.ts");
  const { FaultyServer } = await import("../../testing/faulty-node/faulty-server.ts");
  const begun = systemClock.now();
  const node = new FaultyNode({
    upstream,
    dialect: await openDialect(options),
    script: { ...script, seed: options.seed ?? script.seed },
    clock: systemClock,
    onFault: ({ kind, at, methods }) => {
      process.stdout.write(`${((at - begun) / 1000).toFixed(3)} s ${kind} ${methods.join("+")}\n`);
    },
  });
  const server = await FaultyServer.start({ node, upstream, port: options.port });
  process.stdout.write(`listening on ${server.url}${upstream.openFeed ? ` and ${server.wsUrl}` : ""}\n`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await server.close();
}

async function openDialect({ family, finalityDepth }: FaultyNodeOptions): Promise<FaultDialect> {
  if (family === "evm") return (await import("../../testing/evm/evm-dialect.ts")).evmDialect;
  if (family === "solana") return (await import("../../testing/solana/solana-dialect.ts")).solanaDialect();
  return (await import("../../testing/bitcoin/bitcoin-dialect.ts")).bitcoinDialect(finalityDepth);
}

async function openUpstream({ family, upstream, ws, blocks, chainId }: FaultyNodeOptions): Promise<NodeWire> {
  if ((upstream === undefined) === (blocks === undefined)) {
    throw new HeadwaterError("invalid-request", "expected either --upstream or --blocks");
  }
  if (blocks !== undefined && family !== "evm") {
    throw new HeadwaterError("invalid-request", "recorded blocks can be served of the family evm only");
  }
  if (blocks !== undefined) {
    const { RecordedBlocks } = await import("../../testing/evm/recorded-blocks.ts");
    return new RecordedBlocks(blocks, chainId);
  }
  const { HttpUpstream } = await import("../../testing/faulty-node/http-upstream.ts");
  return new HttpUpstream(upstream ?? "", ws);
}

function readInteger(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number of at most ten digits");
}
