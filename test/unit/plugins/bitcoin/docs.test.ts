import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { CHECKS, TRAIL_CHECKS } from "../../../../src/plugins/bitcoin/verify/checks.ts";

const text = readFileSync(new URL("../../../../docs/bitcoin.md", import.meta.url), "utf8");

test("docs/bitcoin.md names every network and every check, and no other", () => {
  const networks = [...text.matchAll(/^\| (.+?) \| `(bip122:\w+)` \|/gm)].map(([, name, id]) => `${name} ${id}`);
  expect(networks).toEqual(NETWORKS.map(({ name, id }) => `${name} ${id}`));
  const section = text.slice(text.indexOf("## What is checked"), text.indexOf("## Where blocks come from"));
  const named = [...section.matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name).filter((name) => name !== "skipped");
  expect(new Set(named)).toEqual(new Set([...CHECKS, ...TRAIL_CHECKS]));
});
