import { Command } from "commander";
import type { NodeAnswer, NodesAnswer } from "../../api/schemas/chains.ts";
import { fetchFromService } from "../service-client.ts";
import { formatTable } from "../table.ts";
import { urlOption } from "./service-url.ts";

/** `headwater nodes`: every node as the running service sees it. */
export function nodesCommand(): Command {
  return new Command("nodes")
    .description("show every node of a running service")
    .addOption(urlOption())
    .option("--json", "print the service's answer as JSON", false)
    .action(async ({ url, json }: { url: string; json: boolean }) => {
      const answer = (await fetchFromService(url, "/v1/nodes", "nodes")) as NodesAnswer;
      process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : describeNodes(answer.nodes));
    });
}

function describeNodes(nodes: readonly NodeAnswer[]): string {
  const headings = ["CHAIN", "NODE", "OPERATOR", "REGION", "STATE", "TIP", "CLIENT", "WHY"];
  const rows = nodes.map((node) => [
    node.chain,
    node.name,
    node.operator,
    node.region,
    node.state,
    node.tip ? String(node.tip.height) : "-",
    node.clientVersion ?? "-",
    [...node.causes, ...(node.lastError === null ? [] : [`${node.lastErrorAt} ${node.lastError}`])].join("; "),
  ]);
  return formatTable(headings, rows);
}
