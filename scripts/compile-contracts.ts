// Compiles the test network's contracts into the artifact that src/testing/evm reads, so that neither the demo nor an
// outside user of the test network needs a compiler. A test compiles again and compares.
// Usage: node scripts/compile-contracts.ts
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import solc from "solc";

const folder = new URL("../src/testing/evm/contracts/", import.meta.url);

/** Where the artifact is kept. */
export const ARTIFACT = new URL("../contracts.artifact.json", folder);

type Output = {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { abi: unknown[]; evm: { bytecode: { object: string } } }>>;
};

/** The artifact's text for the sources as they are. @throws Error with the compiler's words when they do not compile */
export function compileContracts(): string {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sol"));
  const sources = Object.fromEntries(
    names.sort().map((name) => [name, { content: readFileSync(new URL(name, folder), "utf8") }]),
  );
  const settings = {
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    // Without the metadata hash the bytecode depends on the code alone, not on comments.
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  };
  const output: Output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const contracts = Object.values(output.contracts)
    .flatMap((file) => Object.entries(file))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]);
  return `${JSON.stringify({ compiler: solc.version(), contracts: Object.fromEntries(contracts) }, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(ARTIFACT, compileContracts());
  console.log(`Wrote ${fileURLToPath(ARTIFACT)}.`);
}
