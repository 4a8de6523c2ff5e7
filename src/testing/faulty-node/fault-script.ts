import { type Static, type TSchema, Type } from "typebox";

const when = Type.Object(
  {
    fromSeconds: Type.Optional(Type.Number({ minimum: 0, description: "Since the faulty node's start. Default 0." })),
    untilSeconds: Type.Optional(Type.Number({ minimum: 0, description: "Excluded. Default: never ends." })),
    fromBlock: Type.Optional(Type.Integer({ minimum: 0, description: "From when the honest tip has this height." })),
    untilBlock: Type.Optional(Type.Integer({ minimum: 0, description: "Until the honest tip has this height." })),
    probability: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Of every request by itself. Default 1." }),
    ),
    methods: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, description: "Only requests that call one of these. Default: all." }),
    ),
  },
  { additionalProperties: false },
);

function fault<const Kind extends string, Properties extends Record<string, TSchema>>(
  kind: Kind,
  description: string,
  properties: Properties,
) {
  return Type.Object(
    { kind: Type.Literal(kind), when: Type.Optional(when), ...properties },
    { additionalProperties: false, description },
  );
}

const blocks = Type.Integer({ minimum: 1, maximum: 1000 });

const salt = Type.Optional(
  Type.String({ pattern: "^[a-z0-9]{1,16}$", description: "Faulty nodes with the same salt tell the same blocks." }),
);

/** Every kind of fault with its parameters, by kind. */
export const FAULT_SCHEMAS = {
  latency: fault("latency", "Answers so much later.", {
    ms: Type.Number({ minimum: 0, maximum: 600_000 }),
    jitterMs: Type.Optional(Type.Number({ minimum: 0, maximum: 600_000 })),
  }),
  drop: fault("drop", "Closes the connection without an answer.", {}),
  timeout: fault("timeout", "Never answers.", {}),
  status: fault("status", "Answers with an HTTP status, like 429 or 503.", {
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
  }),
  html: fault("html", "Answers with an HTML page and status 200.", {}),
  truncated: fault("truncated", "Cuts the answer off in the middle.", {}),
  "stale-head": fault("stale-head", "Stands so many blocks behind.", { blocks }),
  "frozen-head": fault("frozen-head", "Stands still at the block of the fault's begin.", {}),
  "head-jumps-back": fault("head-jumps-back", "Tells every other time a head so many blocks behind.", { blocks }),
  fork: fault("fork", "Follows a branch of its own that parts so many blocks below the tip.", { depth: blocks, salt }),
  equivocation: fault("equivocation", "Tells another block of the same height and parent.", { salt }),
  "changed-movement": fault("changed-movement", "Changes an amount, and leaves the block's hash.", {}),
  "missing-movement": fault("missing-movement", "Leaves a movement or log out, and leaves the block's hash.", {}),
  "changed-balance": fault("changed-balance", "Tells other balances.", {}),
  "missing-block": fault("missing-block", "Says of blocks that it does not have them.", {}),
  "wrong-chain": fault("wrong-chain", "Tells another chain's id.", {}),
  "finality-violation": fault("finality-violation", "Its finalized block goes back, or becomes another.", {
    how: Type.Union([Type.Literal("back"), Type.Literal("changed")]),
    blocks: Type.Optional(blocks),
    salt,
  }),
  "silent-feed": fault("silent-feed", "Its push feed stays open and says nothing.", {}),
  "wrong-time": fault("wrong-time", "Its blocks' times are off by so many seconds; hashes are left.", {
    seconds: Type.Number({ minimum: -1e9, maximum: 1e9 }),
  }),
  "left-out-heights": fault("left-out-heights", "Its lists of heights that have blocks leave blocks out.", {
    how: Type.Union([Type.Literal("some"), Type.Literal("all")]),
  }),
  "false-skip": fault("false-skip", "Says of heights that have blocks that they are skipped.", {}),
  "skipped-as-missing": fault("skipped-as-missing", "Says of skipped heights that it does not have their blocks.", {}),
  pruned: fault("pruned", "Has forgotten what lies so many heights below the tip, and does not list it.", {
    heights: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  }),
} as const;

export type FaultKind = keyof typeof FAULT_SCHEMAS;

/** Faults of chains that skip heights. On others they do nothing. */
export const HEIGHT_FAULTS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "left-out-heights",
  "false-skip",
  "skipped-as-missing",
  "pruned",
]);

/** One fault. It is active while all conditions of `when` hold. */
export type Fault = { [Kind in FaultKind]: Static<(typeof FAULT_SCHEMAS)[Kind]> }[FaultKind];

export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

/** What a faulty node does. The same seed and the same requests give the same faults. */
export type FaultScript = { readonly seed: number; readonly faults: readonly Fault[] };
