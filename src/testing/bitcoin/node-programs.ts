import { execFileSync } from "node:child_process";
import type { ChainId } from "../../core/caip.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { findProgram } from "../find-program.ts";

/** How the regtest network of one program differs from another's. */
export type RegtestNetwork = {
  /** CAIP-2. */
  readonly chain: ChainId;
  readonly symbol: string;
  /** Base58Check version bytes. */
  readonly pubKeyHash: number;
  readonly scriptHash: number;
  /** Human-readable part of addresses of witness programs (BIP173). */
  readonly segwit: string;
};

/** A program of a real node that is on this machine. */
export type NodeProgram = {
  readonly name: ProgramName;
  readonly path: string;
  /** What it says of itself, one line. */
  readonly version: string;
  readonly network: RegtestNetwork;
  /** Lines for its configuration file beside what every program gets. */
  readonly settings: readonly string[];
  /** Whether it is built with ZMQ. */
  readonly publishes: boolean;
};

export type ProgramName = "litecoind" | "bitcoind";

export type FoundPrograms = {
  readonly programs: readonly NodeProgram[];
  /** For each program that is not there a sentence that says so, and what brings it. */
  readonly missing: readonly string[];
};

export const BITCOIN_REGTEST: RegtestNetwork = {
  chain: "bip122:0f9188f13cb7b2c71f2a335e3a4fc328",
  symbol: "rBTC",
  pubKeyHash: 111,
  scriptHash: 196,
  segwit: "bcrt",
};

const LITECOIN_REGTEST: RegtestNetwork = {
  chain: "bip122:530827f38f93b43ed12af0b3ad25a288",
  symbol: "rLTC",
  pubKeyHash: 111,
  scriptHash: 58,
  segwit: "rltc",
};

type KnownProgram = Omit<NodeProgram, "path" | "version"> & {
  readonly variable: string;
  /** Looked at before PATH. */
  readonly paths: readonly string[];
  readonly advice: string;
};

const KNOWN: readonly KnownProgram[] = [
  {
    name: "litecoind",
    network: LITECOIN_REGTEST,
    // Without the first, mining stops at height 431, where extension blocks would start. The second allows BIP125.
    settings: ["vbparams=mweb:-2:0", "mempoolreplacement=1"],
    // Debian builds it without.
    publishes: false,
    variable: "HEADWATER_LITECOIND",
    // Debian's program on PATH is a script that writes to the home directory.
    paths: ["/usr/lib/litecoin/litecoind"],
    advice: "apt-get install litecoind",
  },
  {
    name: "bitcoind",
    network: BITCOIN_REGTEST,
    settings: [],
    publishes: true,
    variable: "HEADWATER_BITCOIND",
    paths: [],
    advice: "see bitcoincore.org",
  },
];

/**
 * The real nodes of Bitcoin's family on this machine: what the variables HEADWATER_LITECOIND and HEADWATER_BITCOIND name,
 * else what is installed. A variable that is empty means that there is none.
 * @throws HeadwaterError `test-node-failed` when a variable names what is no program to run
 */
export function findNodePrograms(env: NodeJS.ProcessEnv = process.env): FoundPrograms {
  const programs: NodeProgram[] = [];
  const missing: string[] = [];
  for (const { variable, paths, advice, ...known } of KNOWN) {
    const path = findProgram({ name: known.name, variable, paths }, env);
    if (path === undefined) missing.push(`${known.name} is not on this machine (${advice}, or set ${variable})`);
    else programs.push({ ...known, path, version: readVersion(path) });
  }
  return { programs, missing };
}

function readVersion(path: string): string {
  try {
    const [line] = execFileSync(path, ["-version"], { encoding: "utf8" }).split("\n");
    return line ?? "";
  } catch (cause) {
    throw new HeadwaterError("test-node-failed", `${path} does not tell its version`, { cause });
  }
}
