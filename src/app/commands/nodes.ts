import { Command } from "commander";
import type { NodeAnswer, NodesAnswer } from "../../api/schemas/chains.ts";
import { changeInService, fetchFromService } from "../service-client.ts";
import { formatSeconds, formatTable } from "../table.ts";
import { urlOption } from "./service-url.ts";

type ListOptions = { readonly url: string; readonly chain?: string; readonly json: boolean };

/** `headwater nodes`: every node as the running service sees it, and its operator's word on which not to use. */
export function nodesCommand(): Command {
  const nodes = new Command("nodes").description("show the nodes of a running service, and cordon them");
  nodes.addCommand(listCommand(), { isDefault: true });
  nodes.addCommand(cordonCommand());
  nodes.addCommand(uncordonCommand());
  return nodes;
}

function listCommand(): Command {
  return new Command("list")
    .description("show every node with its state, lag, latency and errors (the default)")
    .addOption(urlOption())
    .option("--chain <chain>", "only nodes of this chain, by id or alias")
    .option("--json", "print the service's answer as JSON", false)
    .action(async ({ url, chain, json }: ListOptions) => {
      const path = chain === undefined ? "/v1/nodes" : `/v1/nodes?chain=${encodeURIComponent(chain)}`;
      const answer = (await fetchFromService(url, path, "nodes")) as NodesAnswer;
      process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : describeNodes(answer.nodes));
    });
}

function cordonCommand(): Command {
  return new Command("cordon")
    .description("take a node out of use until it is uncordoned, also over restarts")
    .argument("<name>", "the node's name in the configuration")
    .requiredOption("--reason <text>", "why, for those who look at the node later")
    .addOption(urlOption())
    .action(async (name: string, { url, reason }: { url: string; reason: string }) => {
      const change = { method: "PUT", body: { reason } } as const;
      const node = (await changeInService(url, pathOf(name), change, "state")) as NodeAnswer;
      process.stdout.write(describeNodes([node]));
    });
}

function uncordonCommand(): Command {
  return new Command("uncordon")
    .description("give a cordoned node back")
    .argument("<name>", "the node's name in the configuration")
    .addOption(urlOption())
    .action(async (name: string, { url }: { url: string }) => {
      const node = (await changeInService(url, pathOf(name), { method: "DELETE" }, "state")) as NodeAnswer;
      process.stdout.write(describeNodes([node]));
    });
}

function pathOf(name: string): string {
  return `/v1/nodes/${encodeURIComponent(name)}/cordon`;
}

function describeNodes(nodes: readonly NodeAnswer[]): string {
  const headings = ["CHAIN", "NODE", "OPERATOR", "REGION", "STATE", "TIP", "LAG", "P50", "P95", "ERRORS", "WHY"];
  return formatTable(headings, nodes.map(describeNode));
}

function describeNode(node: NodeAnswer): string[] {
  const { tip, lag, latencyMs, errorRate } = node;
  return [
    node.chain,
    node.name,
    node.operator,
    node.region,
    node.lastResort ? `${node.state}, last resort` : node.state,
    tip ? String(tip.height) : "-",
    describeLag(lag),
    latencyMs ? formatMs(latencyMs.p50) : "-",
    latencyMs ? formatMs(latencyMs.p95) : "-",
    errorRate === null ? "-" : `${formatNumber(errorRate * 100)} %`,
    explain(node),
  ];
}

function describeLag({ blocks, seconds }: NodeAnswer["lag"]): string {
  if (blocks === null) return "-";
  const late = seconds === null || seconds < 1 ? "" : `, ${formatSeconds(seconds)}`;
  return `${blocks}${late}`;
}

/** The causes, with the operator's own words; and the newest failure, which may be long over. */
function explain({ causes, cordon, lastError, lastErrorAt }: NodeAnswer): string {
  const why = causes.map((cause) => (cause === "cordoned" && cordon ? `cordoned (${cordon.reason})` : cause));
  if (lastError !== null) why.push(`${lastErrorAt} ${lastError}`);
  return why.join("; ");
}

function formatMs(ms: number): string {
  return `${formatNumber(ms)} ms`;
}

/** One decimal where it tells something. */
function formatNumber(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : String(Math.round(value));
}
