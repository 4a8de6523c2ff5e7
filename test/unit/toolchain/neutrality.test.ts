import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Names by which a chain family, its networks, its coins or its token standards are known. */
const FAMILY =
  /evm|eip-?155|ethers|ethereum|\beth(er)?\b|\b(g?wei)\b|\berc-?(20|721|1155)\b|bitcoin|bip-?122|litecoin|solana|lamport|cosmos|polkadot|rollup/i;

const rooms = ["core", "sync", "store", "api"];

it.each(rooms)("src/%s names no chain family, in code or comment", (room) => {
  const files = globSync(`src/${room}/**/*`, { cwd: root }).filter((file) => /\.[a-z]+$/.test(file));
  expect(files.length).toBeGreaterThan(0);
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, i) => (FAMILY.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

it.each(["eip155:1", "an EVM chain", "new ethers.Wallet", "isBitcoin", "1 ETH", "erc20"])(
  "%s would be found",
  (text) => {
    expect(FAMILY.test(text)).toBe(true);
  },
);

it.each(["method", "whether", "together", "weight", "a chain's parent"])("%s is no family's name", (text) => {
  expect(FAMILY.test(text)).toBe(false);
});
