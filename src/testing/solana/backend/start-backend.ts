import { ClusterBackend } from "./cluster-backend.ts";
import { type FoundValidator, findValidator } from "./find-validator.ts";
import type { SolanaBackend } from "./solana-backend.ts";
import { ValidatorBackend } from "./validator-backend.ts";

export type BackendKind = { readonly name: "cluster" } | ({ readonly name: "validator" } & FoundValidator);

/** What there is on this machine: the local cluster always, and a validator where one is found. @throws as `findValidator` */
export function availableBackends(env: NodeJS.ProcessEnv = process.env): readonly BackendKind[] {
  const validator = findValidator(env);
  return [{ name: "cluster" }, ...(validator ? [{ name: "validator" as const, ...validator }] : [])];
}

/** @throws HeadwaterError `test-node-failed` */
export async function startBackend(kind: BackendKind): Promise<SolanaBackend> {
  return kind.name === "cluster" ? await ClusterBackend.start() : await ValidatorBackend.start(kind);
}
