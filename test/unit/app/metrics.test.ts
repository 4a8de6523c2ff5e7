import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildMetricsTable, replaceTable } from "../../../scripts/reference-tables.ts";
import { DECLARED_METRICS } from "../../../src/app/declared-metrics.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const paper = read("docs/metrics.md");

/** Rows of the paper's table, apart from the builder: name, then type, unit, labels and meaning. */
const rows = new Map(
  [...paper.matchAll(/^\| `(headwater_\w+)` \| (\w+) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$/gm)].map((row) => [
    row[1] as string,
    row.slice(2),
  ]),
);

/** What a name must end with for its unit. A counter says `_total` after it. */
const ENDINGS: Readonly<Record<string, RegExp>> = {
  seconds: /_seconds$/,
  "seconds since 1970": /_seconds$/,
  bytes: /_bytes$/,
  blocks: /_blocks$/,
  operators: /_operators$/,
  regions: /_regions$/,
  writes: /_writes$/,
  requests: /_requests(_in_flight)?$/,
  "requests per second": /_requests_per_second$/,
  "0 or 1": /_(state|conflict|last_resort)$/,
  "0 to 1": /_ratio$/,
};

describe.each(DECLARED_METRICS.map((definition) => [definition.name, definition] as const))(
  "%s",
  (name, definition) => {
    it("stands in docs/metrics.md as it is declared", () => {
      const { type, unit, labels, help } = definition;
      const [shownType, shownUnit, shownLabels, shownHelp] = rows.get(name) ?? [];
      expect([shownType, shownUnit, shownHelp], "run `npm run build:reference`").toEqual([type, unit, help]);
      expect(shownLabels?.match(/\w+/g) ?? []).toEqual([...labels]);
    });

    it("has its unit in its name", () => {
      if (definition.type === "counter") expect(name).toMatch(/_total$/);
      else expect(name).toMatch(ENDINGS[definition.unit] as RegExp);
      expect(name).toMatch(/^headwater_[a-z_]+$/);
    });

    it("has labels of small, known sets only, and buckets that rise", () => {
      const known = ["chain", "node", "region", "state", "work", "code", "place", "check", "result", "kind"];
      for (const label of definition.labels) expect([...known, "method", "route", "status"]).toContain(label);
      if (definition.type === "histogram") {
        expect(definition.buckets).toEqual([...new Set(definition.buckets)].sort((a, b) => a - b));
      }
    });
  },
);

it("docs/metrics.md names no metric that there is not, and is as its script writes it", () => {
  expect([...rows.keys()]).toEqual(DECLARED_METRICS.map(({ name }) => name));
  expect(paper, "run `npm run build:reference`").toBe(replaceTable(paper, buildMetricsTable()));
});

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
};

describe("config/prometheus-rules.yaml", () => {
  const { groups } = parse(read("config/prometheus-rules.yaml")) as {
    groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const definitions = new Map<string, (typeof DECLARED_METRICS)[number]>();
  for (const definition of DECLARED_METRICS) {
    definitions.set(definition.name, definition);
    if (definition.type === "histogram") definitions.set(`${definition.name}_bucket`, definition);
  }

  it.each(rules.map((rule) => [rule.alert, rule] as const))("%s asks for what there is", (_alert, rule) => {
    const named = rule.expr.match(/headwater_\w+/g) ?? [];
    expect(named.length + (rule.expr.includes("up{") ? 1 : 0)).toBeGreaterThan(0);
    for (const name of named) expect(definitions.has(name), `${name} stands in docs/metrics.md`).toBe(true);
    for (const [, name, selector] of rule.expr.matchAll(/(headwater_\w+)\{([^}]*)\}/g)) {
      const labels = [...(definitions.get(name as string)?.labels ?? []), "le"];
      for (const [, label] of (selector as string).matchAll(/(\w+)=/g)) expect(labels).toContain(label);
    }
    for (const [, label] of JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g)) {
      const labels = named.flatMap((name) => [...(definitions.get(name)?.labels ?? [])]);
      expect([...labels, ...(named.length === 0 ? ["instance"] : [])]).toContain(label);
    }
    expect(["page", "ticket"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary.length).toBeGreaterThan(10);
  });

  it("names each alert once", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});
