import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLUSTERS } from "../../../../src/plugins/solana/networks.ts";
import { CHECKS } from "../../../../src/plugins/solana/verify/checks.ts";

const text = readFileSync(new URL("../../../../docs/solana.md", import.meta.url), "utf8");

test("docs/solana.md names every known cluster and every check, and no other", () => {
  const clusters = [...text.matchAll(/^\| (.+?) \| `(solana:\w{32})` \|/gm)].map(([, name, id]) => ({ id, name }));
  expect(clusters).toEqual(CLUSTERS);
  const section = text.slice(text.indexOf("## What is checked"), text.indexOf("## Slots without blocks"));
  const named = [...section.matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name as string);
  const rest = named.filter((name) => !["skipped", "verify", "full"].includes(name));
  expect(new Set(rest)).toEqual(new Set(CHECKS));
});
