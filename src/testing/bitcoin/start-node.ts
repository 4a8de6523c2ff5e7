import { findNodePrograms, type NodeProgram } from "./node-programs.ts";
import { RealNode } from "./real-node.ts";
import type { RegtestNode } from "./regtest-node.ts";
import { StandInNode } from "./stand-in/stand-in-node.ts";

/** What a network of nodes can be made of: a program of this machine, or the stand-in. */
export type NodeKind = NodeProgram | { readonly name: "stand-in" };

export const STAND_IN: NodeKind = { name: "stand-in" };

/** Everything there is on this machine, real nodes first, and the stand-in always. @throws as `findNodePrograms` */
export function availableKinds(env: NodeJS.ProcessEnv = process.env): readonly NodeKind[] {
  return [...findNodePrograms(env).programs, STAND_IN];
}

/**
 * Starts a node with an empty chain and waits until it answers.
 * @param name lower-case letters, digits and hyphens; differs among the nodes of a network
 * @throws HeadwaterError `test-node-failed`
 */
export async function startNode(kind: NodeKind, name: string): Promise<RegtestNode> {
  return "path" in kind ? await RealNode.start(kind, name) : await StandInNode.start(name);
}
