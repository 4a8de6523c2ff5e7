import type { NodeProgram } from "./node-programs.ts";

export type NodePlaces = {
  readonly name: string;
  readonly rpcPort: number;
  readonly peerPort: number;
  /** Where it publishes its blocks by ZMQ; absent where the program does not. */
  readonly publisher?: string;
  readonly user: string;
  readonly password: string;
};

/**
 * A configuration file for a node of a private regtest network. A file rather than arguments: of unknown settings in it, which
 * differ from version to version, nodes only warn, and the password is in no list of processes.
 */
export function nodeSettings(program: NodeProgram, places: NodePlaces): string {
  return [
    "regtest=1",
    "[regtest]",
    "server=1",
    `rpcuser=${places.user}`,
    `rpcpassword=${places.password}`,
    "rpcbind=127.0.0.1",
    "rpcallowip=127.0.0.1/32",
    `rpcport=${places.rpcPort}`,
    // Tests ask much at once, and those who wait for a block keep a thread each.
    "rpcthreads=16",
    "rpcworkqueue=512",
    "rest=1",
    `bind=127.0.0.1:${places.peerPort}`,
    `port=${places.peerPort}`,
    // By this peers know each other: of a connection that came in, the port says nothing.
    `uacomment=${places.name}`,
    // Peers are told of transactions at once, and none is ever banned.
    "whitelist=noban,relay@127.0.0.1",
    // Nothing leaves this machine.
    ...["dnsseed=0", "fixedseeds=0", "discover=0", "listenonion=0", "upnp=0", "natpmp=0", "i2pacceptincoming=0"],
    // Scripts of no known form, and amounts that are hardly worth spending, are part of the traffic.
    "acceptnonstdtxn=1",
    // What was in no block is lost with the process, as with a node that starts anew.
    "persistmempool=0",
    "txindex=1",
    "disablewallet=1",
    "dbcache=32",
    "par=1",
    // Standard output tells when it is ready.
    "printtoconsole=1",
    "nodebuglogfile=1",
    ...(places.publisher === undefined ? [] : [`zmqpubhashblock=${places.publisher}`]),
    ...program.settings,
    "",
  ].join("\n");
}
