import { Interface, type InterfaceAbi } from "ethers";
import artifact from "./contracts.artifact.json" with { type: "json" };

/** The contracts of the test network. Their sources are in contracts/, compiled by scripts/compile-contracts.ts. */
export type ContractName = keyof typeof artifact.contracts;

export type Contract = { readonly interface: Interface; readonly bytecode: string };

const cache = new Map<ContractName, Contract>();

/** A contract's interface and creation code. */
export function contract(name: ContractName): Contract {
  let found = cache.get(name);
  if (!found) {
    const { abi, bytecode } = artifact.contracts[name];
    found = { interface: new Interface(abi as InterfaceAbi), bytecode };
    cache.set(name, found);
  }
  return found;
}

/** The data of a transaction that creates the contract. */
export function creationData(name: ContractName, ...args: unknown[]): string {
  const { interface: abi, bytecode } = contract(name);
  return bytecode + abi.encodeDeploy(args).slice(2);
}

/** The data of a call. `method` is a name or, where it is overloaded, a signature. */
export function callData(name: ContractName, method: string, ...args: unknown[]): string {
  return contract(name).interface.encodeFunctionData(method, args);
}
