// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested.
import { describe, expect, test } from "vitest";
import { configText, parse } from "./support.ts";

describe("a valid configuration", () => {
  test("is completed with every default", async () => {
    expect(await parse(configText())).toEqual({
      region: "eu",
      store: { driver: "level", path: "/srv/headwater/data" },
      api: { host: "127.0.0.1", port: 8420, auth: { mode: "none" } },
      chains: [
        {
          id: "toy:1",
          plugin: "toy",
          index: { from: "latest", scope: "all", verify: "full" },
          agreement: { operators: 1 },
          lag: { targetSeconds: 15, maxSeconds: 120 },
          nodes: [{ name: "a", url: "https://a.example/key", operator: "op-a", region: "eu" }],
          options: { trace: "auto" },
        },
      ],
    });
  });

  test("tells what operators allow over all their nodes, also from the environment", async () => {
    const top = 'operators: { op-a: { requestsPerSecond: "${RATE}" } }\n';
    expect((await parse(configText({ top }), { RATE: "12.5" })).operators).toEqual({
      "op-a": { requestsPerSecond: 12.5 },
    });
  });

  test("is frozen through and through", async () => {
    const config = await parse(configText());
    expect(() => Object.assign(config, { region: "us" })).toThrow(TypeError);
    expect(() => Object.assign(config.chains[0]?.nodes[0] ?? {}, { url: "https://b.example" })).toThrow(TypeError);
    expect(() => Object.assign(config.chains[0]?.options ?? {}, { trace: "off" })).toThrow(TypeError);
    expect(Object.isFrozen(config.chains)).toBe(true);
  });

  test.each([
    ["a relative store path by the file's directory", "store: { path: ../db }\n", "/srv/db"],
    ["an absolute store path as it is", "store: { path: /var/lib/hw }\n", "/var/lib/hw"],
  ])("resolves %s", async (_, top, path) => {
    expect((await parse(configText({ top }))).store.path).toBe(path);
  });

  test("asks for the options schema of a plugin at a path by its absolute path", async () => {
    const asked: string[] = [];
    const { parseConfig } = await import("../../../src/config/load.ts");
    const text = configText().replace("plugin: toy", "plugin: ./plugins/mine.ts");
    const { loadOptions } = await import("./support.ts");
    const config = await parseConfig(
      text,
      "/srv/headwater/test.yaml",
      {},
      {
        optionsSchemaOf: (plugin) => {
          asked.push(plugin);
          return loadOptions.optionsSchemaOf("toy");
        },
      },
    );
    expect(asked).toEqual(["/srv/headwater/plugins/mine.ts"]);
    expect(config.chains[0]?.plugin).toBe("/srv/headwater/plugins/mine.ts");
  });

  test.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
  ])("of %i operators wants %i to agree by default", async (operators, majority) => {
    const lines = Array.from(
      { length: operators },
      (_, i) => `      - { name: n${i}, url: "https://${i}.example", operator: o${i}, region: r }\n`,
    );
    // A second node of the first operator is no further voice.
    lines.push(`      - { name: again, url: "https://again.example", operator: o0, region: r }\n`);
    const config = await parse(configText({ nodes: lines.join("") }));
    expect(config.chains[0]?.agreement).toEqual({ operators: majority });
  });

  test("may share values by an alias", async () => {
    const top = "store: { path: &where ./here }\n";
    const nodes = `      - &first { name: a, url: "https://a.example", operator: o, region: &r eu }\n      - { name: b, url: "https://b.example", operator: o, region: *r }\n`;
    const config = await parse(configText({ top, nodes }));
    expect(config.chains[0]?.nodes[1]?.region).toBe("eu");
  });

  test("takes every kind of start, verification and loopback host", async () => {
    for (const [written, from] of [
      ["finalized", "finalized"],
      ["0", 0],
      ["17000000", 17_000_000],
    ] as const) {
      const config = await parse(configText({ chain: `    index: { from: ${written}, verify: headers }\n` }));
      expect(config.chains[0]?.index).toEqual({ from, scope: "all", verify: "headers" });
    }
    for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "::1"]) {
      expect((await parse(configText({ top: `api: { host: "${host}", port: 0 }\n` }))).api.host).toBe(host);
    }
  });
});
