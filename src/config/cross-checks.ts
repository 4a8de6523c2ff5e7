import { isIPv4 } from "node:net";
import { isChainId } from "../core/caip.ts";
import { formatPath, joinPointer, type Pointer } from "./pointer.ts";
import type { YamlSource } from "./yaml-source.ts";

/** A configuration of which the broken parts are missing: every value that is there keeps the schema. */
export type Draft = {
  readonly api?: { readonly host?: string };
  readonly store?: { readonly path?: string };
  readonly operators?: Readonly<Record<string, unknown>>;
  readonly chains?: readonly (DraftChain | undefined)[];
};

export type DraftChain = {
  readonly id?: string;
  readonly alias?: string;
  readonly agreement?: { readonly operators?: number; readonly regions?: number };
  readonly lag?: { readonly targetSeconds?: number; readonly maxSeconds?: number };
  readonly nodes?: readonly (DraftNode | undefined)[];
};

type DraftNode = {
  readonly name?: string;
  readonly url?: string;
  readonly ws?: string;
  readonly zmq?: string;
  readonly operator?: string;
  readonly region?: string;
};

/** What no schema can say: uniqueness, and values that must fit one another. Adds each problem to the source. */
export function crossCheck(source: YamlSource, draft: Draft): void {
  checkLoopback(source, draft.api?.host);
  const ids = new Map<string, Pointer>();
  const aliases = new Map<string, Pointer>();
  const names = new Map<string, Pointer>();
  draft.chains?.forEach((chain, index) => {
    if (!chain) return;
    const at = `/chains/${index}`;
    if (chain.id !== undefined && !isChainId(chain.id)) source.add(`${at}/id`, "expected a CAIP-2 chain id");
    claim(source, ids, chain.id, `${at}/id`, "a chain id");
    claim(source, aliases, chain.alias, `${at}/alias`, "an alias");
    chain.nodes?.forEach((node, place) => {
      claim(source, names, node?.name, `${at}/nodes/${place}/name`, "a node name");
    });
    checkEndpoints(source, chain, at);
    checkAgreement(source, chain, at);
    checkLag(source, chain, at);
  });
  checkOperators(source, draft);
}

function claim(
  source: YamlSource,
  taken: Map<string, Pointer>,
  word: string | undefined,
  at: Pointer,
  what: string,
): void {
  if (word === undefined) return;
  const first = taken.get(word);
  if (first === undefined) taken.set(word, at);
  else
    source.add(at, `expected ${what} of its own, got ${JSON.stringify(word)}, which is taken at ${formatPath(first)}`);
}

// Two entries for one endpoint under two operators would be one voice counted twice.
function checkEndpoints(source: YamlSource, chain: DraftChain, at: Pointer): void {
  const taken = new Map<string, Pointer>();
  chain.nodes?.forEach((node, index) => {
    for (const key of ["url", "ws", "zmq"] as const) {
      const url = node?.[key];
      if (url === undefined) continue;
      const place = `${at}/nodes/${index}/${key}`;
      if (!URL.canParse(url)) {
        source.add(place, `expected a URL, got a text that starts like one but has no valid host or port`);
        continue;
      }
      const { href } = new URL(url);
      const first = taken.get(href);
      if (first === undefined) taken.set(href, place);
      else
        source.add(
          place,
          `expected an endpoint of its own, got the one of ${formatPath(first)}: one node is one voice`,
        );
    }
  });
}

function checkAgreement(source: YamlSource, chain: DraftChain, at: Pointer): void {
  const place = joinPointer(at, "agreement");
  for (const [key, one] of [
    ["operators", "operator"],
    ["regions", "region"],
  ] as const) {
    const asked = chain.agreement?.[key];
    const named = distinct(chain.nodes, one);
    if (asked === undefined || named === undefined || asked <= named) continue;
    const message = `expected at most ${named}, the number of different ${key} among the nodes, got ${asked}: it could never be met`;
    source.add(joinPointer(place, key), message);
  }
}

// A budget for an operator that runs nothing is a name mistyped, and the nodes meant would have none.
function checkOperators(source: YamlSource, { operators = {}, chains }: Draft): void {
  const nodes = chains?.flatMap((chain) => chain?.nodes ?? [undefined]);
  if (nodes === undefined || nodes.some((node) => node?.operator === undefined)) return;
  for (const name of Object.keys(operators)) {
    const at = joinPointer("/operators", name);
    if (source.broken.has(at) || nodes.some((node) => node?.operator === name)) continue;
    source.addAtKey(at, "expected the operator of a node, and no node names this one");
  }
}

/** How many different operators or regions the nodes name; undefined when one of them is not known. */
function distinct(nodes: DraftChain["nodes"], key: "operator" | "region"): number | undefined {
  const words = nodes?.map((node) => node?.[key]);
  return words === undefined || words.includes(undefined) ? undefined : new Set(words).size;
}

function checkLag(source: YamlSource, chain: DraftChain, at: Pointer): void {
  const { targetSeconds, maxSeconds } = chain.lag ?? {};
  if (targetSeconds === undefined || maxSeconds === undefined || targetSeconds < maxSeconds) return;
  source.add(`${at}/lag/targetSeconds`, `expected less than lag.maxSeconds (${maxSeconds}), got ${targetSeconds}`);
}

// auth.mode can only be `none` in this version, so the host alone decides.
function checkLoopback(source: YamlSource, host: string | undefined): void {
  if (host === undefined || isLoopback(host)) return;
  const message =
    "expected a loopback host (127.0.0.0/8, ::1 or localhost), since api.auth.mode is none and API keys are not built in this version, got another; put a proxy that checks callers in front of it";
  source.add("/api/host", message);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
