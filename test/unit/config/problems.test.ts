import { describe, expect, test } from "vitest";
import { configText, problemsOf } from "./support.ts";

const NAME =
  "expected a name of lower-case letters and digits, with single hyphens, dots or underscores between them, at most 64 characters";
const node = (words: string) => `      - { ${words} }\n`;
const good = 'name: a, url: "https://a.example/key", operator: op-a, region: eu';
const other = 'name: b, url: "https://b.example/key", operator: op-b, region: us';

/** What the text is, and the one problem it has, at its exact place. */
const cases: [string, string, string][] = [
  ["an empty file", "", "1:1 : expected a mapping of keys to values, got nothing (null)"],
  ["a list", "- a\n- b\n", "1:1 : expected a mapping of keys to values, got a list of 2"],
  [
    "an unknown key",
    configText({ top: "color: red\n" }),
    "2:1 color: unknown key: expected one of region, store, api, operators, chains",
  ],
  ["a misspelt key", configText({ top: "stroe: {}\n" }), "2:1 stroe: unknown key: did you mean store?"],
  [
    "a key in another case",
    configText({ chain: "    Alias: x\n" }),
    "5:5 chains[0].Alias: unknown key: did you mean alias?",
  ],
  [
    "a misspelt inner key",
    configText({ chain: "    lag: { targetSecond: 5 }\n" }),
    "5:12 chains[0].lag.targetSecond: unknown key: did you mean targetSeconds?",
  ],
  ["a key twice", configText({ top: "region: us\n" }), "2:1 region: expected each key once, got it a second time"],
  [
    "a key with a meaning of its own",
    configText({ top: "__proto__: { region: x }\n" }),
    "2:1 __proto__: expected another key: this one has a meaning of its own in JavaScript",
  ],
  ["no region", configText().replace("region: eu\n", ""), `1:1 region: ${NAME}, got nothing`],
  ["an empty region", configText().replace("region: eu\n", 'region: ""\n'), `1:9 region: ${NAME}, got an empty text`],
  ["a number as region", configText().replace("region: eu\n", "region: 12\n"), `1:9 region: ${NAME}, got 12`],
  [
    "a budget for an operator that runs nothing",
    configText({ top: "operators: { op-z: { requestsPerSecond: 5 } }\n" }),
    "2:14 operators.op-z: expected the operator of a node, and no node names this one",
  ],
  [
    "a budget for what is no operator's name",
    configText({ top: "operators: { Op A: { requestsPerSecond: 5 } }\n" }),
    "2:14 operators.(a key of 4 characters): unknown key: expected a name of lower-case letters and digits, with single hyphens, dots or underscores between them",
  ],
  [
    "a budget of nothing",
    configText({ top: "operators: { op-a: { requestsPerSecond: 0 } }\n" }),
    "2:41 operators.op-a.requestsPerSecond: expected a number above 0 and up to 100000 (requests per second), got 0",
  ],
  [
    "an operator without a budget",
    configText({ top: "operators: { op-a: {} }\n" }),
    "2:20 operators.op-a.requestsPerSecond: expected a number above 0 and up to 100000 (requests per second), got nothing",
  ],
  ["no chains", "region: eu\nchains: []\n", "2:9 chains: expected a list of 1 to 256, got an empty list"],
  ["chains as a mapping", "region: eu\nchains: {}\n", "2:9 chains: expected a list of 1 to 256, got a mapping"],
  [
    "the store's driver not built",
    configText({ top: "store: { driver: postgres }\n" }),
    "2:18 store.driver: the PostgreSQL driver is not built in this version; use level",
  ],
  [
    "an unknown store driver",
    configText({ top: "store: { driver: sqlite }\n" }),
    '2:18 store.driver: expected level, got "sqlite"',
  ],
  [
    "a home directory",
    configText({ top: "store:\n  path: ~/data\n" }),
    "3:9 store.path: expected a path, absolute or relative to the configuration file (~ is not expanded), got a text of 6 characters",
  ],
  [
    "an empty section",
    configText({ top: "store:\n" }),
    "2:7 store: expected a mapping of keys to values, got nothing (null)",
  ],
  [
    "a port out of range",
    configText({ top: "api: { port: 65536 }\n" }),
    "2:14 api.port: expected a whole number from 0 to 65535, got 65536",
  ],
  [
    "a port as text",
    configText({ top: 'api: { port: "80" }\n' }),
    '2:14 api.port: expected a whole number from 0 to 65535, got "80"',
  ],
  [
    "a port that is no number",
    configText({ top: "api: { port: .nan }\n" }),
    "2:14 api.port: expected a whole number from 0 to 65535, got NaN",
  ],
  [
    "keys not built",
    configText({ top: "api:\n  auth:\n    mode: keys\n" }),
    "4:11 api.auth.mode: API keys are not built in this version; listen on a loopback host with mode none",
  ],
  [
    "a host for all to reach",
    configText({ top: "api: { host: 0.0.0.0 }\n" }),
    "2:14 api.host: expected a loopback host (127.0.0.0/8, ::1 or localhost), since api.auth.mode is none and API keys are not built in this version, got another; put a proxy that checks callers in front of it",
  ],
  [
    "a host that looks like loopback",
    configText({ top: "api: { host: 127.example.com }\n" }),
    "2:14 api.host: expected a loopback host (127.0.0.0/8, ::1 or localhost), since api.auth.mode is none and API keys are not built in this version, got another; put a proxy that checks callers in front of it",
  ],
  [
    "a chain id of no form",
    configText().replace("toy:1", "ethereum"),
    '3:9 chains[0].id: expected a CAIP-2 chain id, namespace:reference, got "ethereum"',
  ],
  [
    "an alias of a chain id's shape",
    configText({ chain: "    alias: toy:1\n" }),
    `5:12 chains[0].alias: ${NAME}, got "toy:1"`,
  ],
  [
    "an unknown plugin",
    configText().replace("plugin: toy", "plugin: toi"),
    "4:13 chains[0].plugin: expected a plugin that is here, got an unknown one",
  ],
  [
    "a start that is none",
    configText({ chain: "    index: { from: genesis }\n" }),
    '5:20 chains[0].index.from: expected latest, finalized or a whole number from 0 up, got "genesis"',
  ],
  [
    "a negative start",
    configText({ chain: "    index: { from: -1 }\n" }),
    "5:20 chains[0].index.from: expected latest, finalized or a whole number from 0 up, got -1",
  ],
  [
    "another scope",
    configText({ chain: "    index: { scope: some }\n" }),
    '5:21 chains[0].index.scope: expected all or watched, got "some"',
  ],
  [
    "more agreement than operators",
    configText({ chain: "    agreement: { operators: 2 }\n" }),
    "5:29 chains[0].agreement.operators: expected at most 1, the number of different operators among the nodes, got 2: it could never be met",
  ],
  [
    "more agreement than regions",
    configText({ chain: "    agreement: { regions: 3 }\n", nodes: node(good) + node(other) }),
    "5:27 chains[0].agreement.regions: expected at most 2, the number of different regions among the nodes, got 3: it could never be met",
  ],
  [
    "a lag target over its maximum",
    configText({ chain: "    lag: { targetSeconds: 120 }\n" }),
    "5:27 chains[0].lag.targetSeconds: expected less than lag.maxSeconds (120), got 120",
  ],
  [
    "a lag of nothing",
    configText({ chain: "    lag: { targetSeconds: 0 }\n" }),
    "5:27 chains[0].lag.targetSeconds: expected a whole number from 1 to 86400 (seconds), got 0",
  ],
  [
    "no nodes",
    configText({ nodes: "        []\n" }),
    "6:9 chains[0].nodes: expected a list of 1 to 64, got an empty list",
  ],
  [
    "a node without URL",
    configText({ nodes: node("name: a, operator: o, region: r") }),
    "6:9 chains[0].nodes[0].url: expected an http:// or https:// URL, got nothing",
  ],
  [
    "a URL of another protocol",
    configText({ nodes: node(good.replace("https:", "ftp:")) }),
    "6:25 chains[0].nodes[0].url: expected an http:// or https:// URL, got the URL ftp://a.example",
  ],
  [
    "a URL that cannot be",
    configText({ nodes: node(good.replace("a.example", "a.example:99999")) }),
    "6:25 chains[0].nodes[0].url: expected a URL, got a text that starts like one but has no valid host or port",
  ],
  [
    "a feed over HTTP",
    configText({ nodes: node(`${good}, ws: "https://a.example"`) }),
    "6:82 chains[0].nodes[0].ws: expected a ws:// or wss:// URL, got the URL https://a.example",
  ],
  [
    "a ZMQ address over HTTP",
    configText({ nodes: node(`${good}, zmq: "https://a.example"`) }),
    "6:83 chains[0].nodes[0].zmq: expected tcp://host:port or ipc://path, got the URL https://a.example",
  ],
  [
    "a ZMQ address without a port",
    configText({ nodes: node(`${good}, zmq: "tcp://a.example"`) }),
    "6:83 chains[0].nodes[0].zmq: expected tcp://host:port or ipc://path, got the URL tcp://a.example",
  ],
  [
    "a ZMQ address with a port that cannot be",
    configText({ nodes: node(`${good}, zmq: "tcp://a.example:99999"`) }),
    "6:83 chains[0].nodes[0].zmq: expected a URL, got a text that starts like one but has no valid host or port",
  ],
  [
    "a ZMQ address twice",
    configText({
      nodes: node(`${good}, zmq: "tcp://a.example:28332"`) + node(`${other}, zmq: "tcp://a.example:28332"`),
    }),
    "7:83 chains[0].nodes[1].zmq: expected an endpoint of its own, got the one of chains[0].nodes[0].zmq: one node is one voice",
  ],
  [
    "an operator in capitals",
    configText({ nodes: node(good.replace("op-a", "Acme")) }),
    `6:60 chains[0].nodes[0].operator: ${NAME}, got "Acme"`,
  ],
  [
    "an operator with a space",
    configText({ nodes: node(good.replace("op-a", "a b")) }),
    `6:60 chains[0].nodes[0].operator: ${NAME}, got "a b"`,
  ],
  [
    "a rate of nothing",
    configText({ nodes: node(`${good}, requestsPerSecond: 0`) }),
    "6:97 chains[0].nodes[0].requestsPerSecond: expected a number above 0 and up to 100000 (requests per second), got 0",
  ],
  [
    "a node name twice",
    configText({ nodes: node(good) + node(other.replace("name: b", "name: a")) }),
    '7:17 chains[0].nodes[1].name: expected a node name of its own, got "a", which is taken at chains[0].nodes[0].name',
  ],
  [
    "an endpoint twice",
    configText({ nodes: node(good) + node(other.replace("b.example", "A.example:443")) }),
    "7:25 chains[0].nodes[1].url: expected an endpoint of its own, got the one of chains[0].nodes[0].url: one node is one voice",
  ],
  [
    "a plugin's option",
    configText({ chain: "    options: { trace: always }\n" }),
    "5:23 chains[0].options.trace: expected auto, call or off, got a text of 6 characters (not shown)",
  ],
  [
    "a plugin's inner option",
    configText({ chain: "    options: { deep: { key: secret } }\n" }),
    "5:29 chains[0].options.deep.key: expected a text matching ^k, got a text of 6 characters (not shown)",
  ],
  [
    "a plugin's unknown option",
    configText({ chain: "    options: { tracing: auto }\n" }),
    "5:16 chains[0].options.tracing: unknown key: expected one of trace, depth, deep",
  ],
  [
    "a plugin's missing option",
    configText({ chain: "    options: { deep: {} }\n" }),
    "5:22 chains[0].options.deep.key: expected a text matching ^k, got nothing",
  ],
  [
    "two documents",
    `${configText()}---\nregion: us\n`,
    "7:1 : expected valid YAML, got: Source contains multiple documents; please use YAML.parseAllDocuments()",
  ],
  ["a tab", "region: eu\n\tchains: []\n", "2:1 : expected valid YAML, got: Tabs are not allowed as indentation"],
  ["an unclosed quote", 'region: "eu\n', '2:1 : expected valid YAML, got: Missing closing "quote'],
  [
    "an unset alias",
    configText().replace("region: eu\n", "region: *eu\n"),
    "1:9 region: expected an alias of an anchor that stands before it, got one of none",
  ],
  [
    "an unknown tag",
    configText().replace("region: eu\n", "region: !foo eu\n"),
    "1:9 : expected valid YAML, got: Unresolved tag",
  ],
  ["a list as key", "? [a]\n: 1\n", "1:3 : expected valid YAML, got: With stringKeys, all keys must be strings"],
];

describe("a wrong configuration is refused with its place", () => {
  test.each(cases)("%s", async (_, text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  test("chain ids, aliases and node names are unique over all chains", async () => {
    const chain = (name: string) =>
      `  - id: toy:1\n    alias: same\n    plugin: toy\n    nodes:\n      - { name: ${name}, url: "https://a.example", operator: o, region: r }\n`;
    expect(await problemsOf(`region: eu\nchains:\n${chain("x")}${chain("x")}`)).toEqual([
      '8:9 chains[1].id: expected a chain id of its own, got "toy:1", which is taken at chains[0].id',
      '9:12 chains[1].alias: expected an alias of its own, got "same", which is taken at chains[0].alias',
      '12:17 chains[1].nodes[0].name: expected a node name of its own, got "x", which is taken at chains[0].nodes[0].name',
    ]);
  });

  test("all problems are told at once, in the file's order, each once", async () => {
    const text = `region: EU
api: { port: x, auth: { mode: keys } }
chains:
  - id: toy:1
    plugin: toi
    agreement: { operators: 9 }
    nodes:
      - { name: a, url: "https://a.example", operator: o, region: r, colour: 1 }
      - null
      - { name: a, url: "https://b.example", operator: P, region: r }
`;
    expect((await problemsOf(text)).map((problem) => problem.replace(/: .*/, ""))).toEqual([
      "1:9 region",
      "2:14 api.port",
      "2:31 api.auth.mode",
      "5:13 chains[0].plugin",
      "8:70 chains[0].nodes[0].colour",
      "9:9 chains[0].nodes[1]",
      "10:17 chains[0].nodes[2].name",
      "10:56 chains[0].nodes[2].operator",
    ]);
  });
});
