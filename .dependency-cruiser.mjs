/**
 * Who may import whom (docs/ARCHITECTURE.md, "The rooms"). Each room names the other rooms that it may enter; what is not named
 * is forbidden. A library that belongs to one room is named with the folders that may import it.
 */
const ROOMS = {
  core: [],
  sync: ["core"],
  store: ["core"],
  plugins: ["core"],
  api: ["core"],
  replica: ["core"],
  config: ["core"],
  telemetry: ["core"],
  testing: ["core"],
  app: ["core", "sync", "store", "plugins", "api", "replica", "config", "telemetry", "testing"],
};

const LIBRARIES = {
  ethers: { packages: "ethers", folders: "^src/(plugins|testing)/evm/" },
  secp256k1: { packages: "secp256k1", folders: "^src/(plugins/|testing/bitcoin/)" },
  bitcoinjs: { packages: "bitcoinjs-lib", folders: "^src/(plugins|testing)/bitcoin/" },
  "solana-web3": { packages: "@solana/web3\\.js", folders: "^src/plugins/solana/" },
  sodium: { packages: "sodium-native", folders: "^src/plugins/solana/" },
  level: { packages: "level", folders: "^src/store/level/" },
  fastify: { packages: "(fastify|@fastify)", folders: "^src/api/" },
  zeromq: { packages: "zeromq", folders: "^src/(sync/pool|testing/bitcoin)/" },
  libp2p: { packages: "(libp2p|@libp2p)", folders: "^src/replica/" },
};

/** A package, resolved into node_modules or, where it is not installed, by its bare name. */
const packageNamed = (pattern) => `(^|node_modules/)${pattern}(/|$)`;

const forbid = (name, from, to) => ({ name, severity: "error", from, to });

const roomRules = Object.entries(ROOMS).map(([room, entered]) =>
  forbid(
    `${room}-enters-only-${entered.length === 0 ? "itself" : entered.length === 1 ? entered[0] : "what-it-composes"}`,
    { path: `^src/${room}/` },
    { path: "^src/", pathNot: `^src/(${[room, ...entered].join("|")})/` },
  ),
);

const libraryRules = Object.entries(LIBRARIES).map(([name, { packages, folders }]) =>
  forbid(`${name}-only-in-its-room`, { path: "^src/", pathNot: folders }, { path: packageNamed(packages) }),
);

/** A file in no room, or in a room that the table above does not know, would escape every rule. */
export const inSomeRoom = new RegExp(`^src/(${Object.keys(ROOMS).join("|")})/`);

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    ...libraryRules,
    forbid(
      "families-do-not-know-each-other",
      { path: "^src/plugins/([^/]+)/" },
      { path: "^src/plugins/[^/]+/", pathNot: "^src/plugins/($1|json-rpc|options|verification)/" },
    ),
    forbid(
      "core-has-no-io",
      { path: "^src/core/" },
      { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|buffer)$" },
    ),
    forbid(
      "core-needs-no-package",
      { path: "^src/core/" },
      { path: "(^|node_modules/)", pathNot: ["^src/", packageNamed("typebox"), "^(node:)?(crypto|buffer)$"] },
    ),
    forbid(
      "core-takes-only-types-of-typebox",
      { path: "^src/core/" },
      { path: packageNamed("typebox"), dependencyTypesNot: ["type-only"] },
    ),
    forbid("src-stands-alone", { path: "^src/" }, { path: "^(test|bench|scripts)/" }),
    forbid("no-cycles", {}, { circular: true }),
    forbid("everything-resolves", { path: "^src/" }, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    moduleSystems: ["es6", "cjs"],
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
