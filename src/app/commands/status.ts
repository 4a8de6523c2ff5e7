import { Command } from "commander";
import type { ChainAnswer, ChainsAnswer } from "../../api/schemas/chains.ts";
import { EXIT } from "../exit-codes.ts";
import { fetchFromService } from "../service-client.ts";
import { formatSeconds, formatTable } from "../table.ts";
import { urlOption } from "./service-url.ts";

type StatusOptions = { readonly url: string; readonly json: boolean; readonly check: boolean };

/** `headwater status`: every chain's state as the running service judges it. */
export function statusCommand(): Command {
  return new Command("status")
    .description("show the state of every chain of a running service")
    .addOption(urlOption())
    .option("--json", "print the service's answer as JSON", false)
    .option("--check", "end with code 1 unless every chain is synced", false)
    .action(async ({ url, json, check }: StatusOptions) => {
      const answer = (await fetchFromService(url, "/v1/chains", "chains")) as ChainsAnswer;
      process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : describeChains(answer.chains));
      if (check && answer.chains.some(({ sync }) => sync.state !== "synced")) process.exitCode = EXIT.failure;
    });
}

function describeChains(chains: readonly ChainAnswer[]): string {
  const headings = ["CHAIN", "STATE", "LAG", "TIP AGE", "INDEXED", "TIP", "FINALIZED", "AGREED BY"];
  const table = formatTable(headings, chains.map(describeChain));
  const reasons = chains
    .filter(({ sync }) => sync.reason !== null)
    .map(({ id, alias, sync }) => [`${alias ?? id}:`, sync.reason ?? ""]);
  return reasons.length === 0 ? table : `${table}${formatTable(["WHY", ""], reasons)}`;
}

function describeChain({ id, alias, sync, indexed, tip, finalized }: ChainAnswer): string[] {
  const { blocks, seconds } = sync.lag;
  return [
    alias ?? id,
    sync.state,
    blocks === null ? "-" : `${blocks} blocks, ${formatSeconds(seconds)}`,
    sync.tipAgeSeconds === null ? "-" : formatSeconds(sync.tipAgeSeconds),
    indexed ? String(indexed.height) : "-",
    tip ? String(tip.height) : "-",
    finalized ? String(finalized.height) : "-",
    tip ? `${tip.agreement.operators} of ${tip.agreement.required}` : "-",
  ];
}
