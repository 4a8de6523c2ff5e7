import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

it("runs on the Node that package.json pins, whatever the machine's own", () => {
  const manifest = JSON.parse(read("package.json")) as { devDependencies: { node: string }; engines: { node: string } };
  expect(process.version).toBe(`v${manifest.devDependencies.node}`);
  expect(manifest.engines.node).toBe(">=24");
  expect(read(".nvmrc").trim()).toBe(manifest.devDependencies.node);
});
