import { type TSchema, Type } from "typebox";
import { LIMITS } from "../core/limits.ts";

/**
 * What a key's schema may carry beside JSON Schema's own words: `unit` of a number, `expected` in words for error texts
 * where a pattern would be unreadable, `expectedKey` the same of a key, and `refused`, values that are planned but not built, each with what to do instead.
 */
export type Annotations = {
  readonly unit?: string;
  readonly expected?: string;
  readonly expectedKey?: string;
  readonly refused?: Readonly<Record<string, string>>;
};

// The grammar of CAIP-2. A test holds it against isChainId, whose pattern an editor cannot run.
const CHAIN_ID = "^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$";
// Lower case only: `Acme` and `acme` would count as two independent operators.
const NAME = "^[a-z0-9]+([._-][a-z0-9]+)*$";
const NAME_EXPECTED = "a name of lower-case letters and digits, with single hyphens, dots or underscores between them";

function nameOf(description: string) {
  return Type.String({
    description,
    pattern: NAME,
    maxLength: 64,
    expected: `${NAME_EXPECTED}, at most 64 characters`,
  });
}

const storeSchema = Type.Object(
  {
    driver: Type.Literal("level", {
      description: "Which database keeps the ledger. `level` is embedded and needs nothing else.",
      default: "level",
      refused: { postgres: "the PostgreSQL driver is not built in this version; use level" },
    }),
    path: Type.String({
      description: "The store's directory, made when absent. A relative path is relative to the configuration file.",
      default: "./data",
      minLength: 1,
      maxLength: 4096,
      pattern: "^[^~]",
      expected: "a path, absolute or relative to the configuration file (~ is not expanded)",
    }),
  },
  { additionalProperties: false, default: {}, description: "Where the ledger is kept." },
);

const apiSchema = Type.Object(
  {
    host: Type.String({
      description: "Address on which the API listens.",
      default: "127.0.0.1",
      pattern: "^[A-Za-z0-9.:-]+$",
      maxLength: 253,
      expected: "a host name or an IP address without brackets",
    }),
    port: Type.Integer({
      description: "Port on which the API listens; 0 takes any free one.",
      default: 8420,
      minimum: 0,
      maximum: 65_535,
    }),
    auth: Type.Object(
      {
        mode: Type.Literal("none", {
          description: "How callers prove who they are. `none` is allowed on a loopback host only.",
          default: "none",
          refused: { keys: "API keys are not built in this version; listen on a loopback host with mode none" },
        }),
      },
      { additionalProperties: false, default: {}, description: "Who may call the API." },
    ),
  },
  { additionalProperties: false, default: {}, description: "The HTTP API." },
);

const nodeSchema = Type.Object(
  {
    name: nameOf("The node's name in answers, metrics and commands; unique over the whole file."),
    url: Type.String({
      description: "The node's HTTP endpoint. Credentials in it reach no log, metric or answer.",
      pattern: "^https?://[^\\s]+$",
      maxLength: 2048,
      expected: "an http:// or https:// URL",
    }),
    ws: Type.Optional(
      Type.String({
        description: "The same node's WebSocket endpoint, for pushed tips. Without it tips are polled.",
        pattern: "^wss?://[^\\s]+$",
        maxLength: 2048,
        expected: "a ws:// or wss:// URL",
      }),
    ),
    zmq: Type.Optional(
      Type.String({
        description:
          "Where the same node publishes new blocks by ZMQ (bitcoind's zmqpubhashblock), for pushed tips. For plugins that listen to it: bitcoin. It has no credentials: keep it on a network of your own.",
        pattern: "^(tcp://[^\\s/?#@]+:[0-9]{1,5}|ipc://[^\\s?#@]+)$",
        maxLength: 2048,
        expected: "tcp://host:port or ipc://path",
      }),
    ),
    operator: nameOf("Who runs the node. Nodes of one operator are one voice, however many they are."),
    region: nameOf("Where the node stands."),
    requestsPerSecond: Type.Optional(
      Type.Number({
        description:
          "The most requests this node is sent. Without it nothing is limited until the node refuses; what it takes is then measured.",
        unit: "requests per second",
        exclusiveMinimum: 0,
        maximum: 100_000,
      }),
    ),
  },
  { additionalProperties: false, description: "One endpoint of the chain." },
);

const indexSchema = Type.Object(
  {
    from: Type.Union([Type.Literal("latest"), Type.Literal("finalized"), Type.Integer({ minimum: 0 })], {
      description: "The first block of the index: the newest, the newest final one, or a height.",
      default: "latest",
    }),
    scope: Type.Union([Type.Literal("all"), Type.Literal("watched")], {
      description:
        "Which accounts are kept: all, or those that are registered (`PUT /v1/accounts/{account}`). Blocks are verified and digested in full in any case. Binds the store.",
      default: "all",
    }),
    verify: Type.Union([Type.Literal("full"), Type.Literal("headers"), Type.Literal("off")], {
      description: "What is recomputed of each block: all the chain allows, its header alone, or nothing.",
      default: "full",
    }),
  },
  { additionalProperties: false, default: {}, description: "What is indexed, and how thoroughly it is checked." },
);

const agreementSchema = Type.Object(
  {
    operators: Type.Optional(
      Type.Integer({
        description:
          "How many operators must stand behind a block. Default: a majority of the operators named under `nodes`.",
        unit: "operators",
        minimum: 1,
        maximum: LIMITS.configNodesPerChain,
      }),
    ),
    regions: Type.Optional(
      Type.Integer({
        description: "From how many regions those operators must come. Without it regions do not matter.",
        unit: "regions",
        minimum: 1,
        maximum: LIMITS.configNodesPerChain,
      }),
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      "What a reorg, and a block called final, take. New blocks are indexed once they are verified; `asOf.agreement` tells who stands behind them.",
  },
);

const lagSchema = Type.Object(
  {
    targetSeconds: Type.Integer({
      description: "Lag up to which the chain is called synced. Less than `maxSeconds`.",
      default: 15,
      unit: "seconds",
      minimum: 1,
      maximum: 86_400,
    }),
    maxSeconds: Type.Integer({
      description: "Lag beyond which callers are refused, unless they allow stale answers.",
      default: 120,
      unit: "seconds",
      minimum: 2,
      maximum: 604_800,
    }),
  },
  { additionalProperties: false, default: {}, description: "The chain's lag budget." },
);

const chainSchema = Type.Object(
  {
    id: Type.String({
      description: "The chain's CAIP-2 id; unique in the file.",
      pattern: CHAIN_ID,
      expected: "a CAIP-2 chain id, namespace:reference",
    }),
    alias: Type.Optional(nameOf("A short name for the chain in API paths; unique in the file.")),
    plugin: Type.String({
      description:
        "The chain's plugin: a built-in name, a package name, or a path starting with ./ or ../ (relative to the configuration file) or /.",
      minLength: 1,
      maxLength: 4096,
    }),
    index: indexSchema,
    agreement: agreementSchema,
    lag: lagSchema,
    nodes: Type.Array(nodeSchema, {
      description: "The chain's nodes.",
      minItems: 1,
      maxItems: LIMITS.configNodesPerChain,
    }),
    options: Type.Record(Type.String(), Type.Unknown(), {
      description: "The plugin's own options, checked by the plugin's schema.",
      default: {},
    }),
  },
  { additionalProperties: false, description: "One chain." },
);

const operatorsSchema = Type.Record(
  Type.String({ pattern: NAME }),
  Type.Object(
    {
      requestsPerSecond: Type.Number({
        description: "The most requests that all nodes of this operator are sent together, over all chains.",
        unit: "requests per second",
        exclusiveMinimum: 0,
        maximum: 100_000,
      }),
    },
    { additionalProperties: false, description: "One operator, by the name that its nodes give." },
  ),
  {
    additionalProperties: false,
    description: "What operators allow over all their nodes. Without it each node has only its own limit.",
    expectedKey: NAME_EXPECTED,
  },
);

/** The whole configuration: every key with its description, default, unit and range. All else derives from it. */
export const configSchema = Type.Object(
  {
    region: nameOf("The region in which this replica runs; nodes of the same region are preferred."),
    store: storeSchema,
    api: apiSchema,
    operators: Type.Optional(operatorsSchema),
    chains: Type.Array(chainSchema, {
      description: "The chains to follow.",
      minItems: 1,
      maxItems: LIMITS.configChains,
    }),
  },
  { additionalProperties: false, title: "Headwater configuration" },
);

export type ConfigSchema = typeof configSchema;

/** A schema node as data: the few JSON Schema words that this folder reads, whoever wrote the schema. */
export type SchemaNode = Annotations & {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

/** Sees a TypeBox schema as the JSON Schema data that it is. */
export function schemaNode(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}
