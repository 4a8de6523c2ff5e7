// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested.
import { describe, expect, test } from "vitest";
import { fillEnvironment } from "../../../src/config/environment.ts";
import { configText, parse, problemsOf } from "./support.ts";

describe("fillEnvironment", () => {
  const env = { NAME: "value", EMPTY: "", NESTED: "$" + "{NAME}", _x1: "y" };
  test.each([
    ["plain", "plain", false],
    ["${NAME}", "value", true],
    ["a-${NAME}-${_x1}-b", "a-value-y-b", true],
    ["${ABSENT:-fallback}", "fallback", true],
    ["${ABSENT:-}", "", true],
    ["${EMPTY:-fallback}", "fallback", true],
    ["${EMPTY}", "", true],
    ["${ABSENT:-http://127.0.0.1:1/?a=b:-c}", "http://127.0.0.1:1/?a=b:-c", true],
    ["$${NAME}", "${NAME}", false],
    ["$NAME and $5", "$NAME and $5", false],
    ["${NESTED}", "${NAME}", true],
  ])("reads %s as %s", (text, expected, filled) => {
    expect(fillEnvironment(text, env)).toEqual({ text: expected, filled, faults: [] });
  });

  test.each([
    ["${ABSENT}", "expected the environment variable ABSENT to be set (or a default, ${ABSENT:-…}), got nothing"],
    ["${", "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${), got another form"],
    ["${1X}", "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${), got another form"],
    ["${NAME", "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${), got another form"],
    ["${NAME-x}", "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${), got another form"],
  ])("refuses %s", (text, fault) => {
    expect(fillEnvironment(text, env).faults).toEqual([fault]);
  });
});

describe("environment variables in a configuration", () => {
  test("are read as numbers where a number is wanted, quoted or not", async () => {
    const top = 'api:\n  port: ${PORT}\nstore: { path: "${PORT}" }\n';
    const chain = '    index: { from: "${FROM}" }\n    options: { depth: "${DEPTH:-3}", trace: "${TRACE}" }\n';
    const config = await parse(configText({ top, chain }), { PORT: "9000", FROM: "12", TRACE: "off" });
    expect(config.api.port).toBe(9000);
    expect(config.store.path).toBe("/srv/headwater/9000");
    expect(config.chains[0]?.index.from).toBe(12);
    expect(config.chains[0]?.options).toEqual({ depth: 3, trace: "off" });
    expect(
      (await parse(configText({ chain: '    index: { from: "${FROM}" }\n' }), { FROM: "finalized" })).chains[0]?.index
        .from,
    ).toBe("finalized");
  });

  test("never change the structure", async () => {
    const env = { REGION: "eu\nchains: []\napi: { port: 1 }" };
    expect(await problemsOf(configText().replace("region: eu\n", "region: ${REGION}\n"), env)).toEqual([
      "1:9 region: expected a name of lower-case letters and digits, with single hyphens, dots or underscores between them, at most 64 characters, got a text of 30 characters (not shown)",
    ]);
  });

  test("are named where they are missing, all at once, with their place", async () => {
    const nodes = '      - { name: "${N}", url: "https://${HOST}/${KEY}", operator: "${OP:-op}", region: eu }\n';
    expect(await problemsOf(configText({ top: "store:\n  path: ${DIR}\n", nodes }))).toEqual([
      "3:9 store.path: expected the environment variable DIR to be set (or a default, ${DIR:-…}), got nothing",
      "8:17 chains[0].nodes[0].name: expected the environment variable N to be set (or a default, ${N:-…}), got nothing",
      "8:30 chains[0].nodes[0].url: expected the environment variable HOST to be set (or a default, ${HOST:-…}), got nothing",
      "8:30 chains[0].nodes[0].url: expected the environment variable KEY to be set (or a default, ${KEY:-…}), got nothing",
    ]);
  });

  test("do not reach keys", async () => {
    expect(await problemsOf(configText({ top: '"${KEY}": 1\n' }), { KEY: "store" })).toEqual([
      "2:1 (a key of 6 characters): unknown key: expected one of region, store, api, operators, chains",
    ]);
  });
});
