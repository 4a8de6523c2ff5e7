// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested.
import { describe, expect, test } from "vitest";
import { configText, problemsOf } from "./support.ts";

const SECRET = "s3cr3t";
const url = `https://user:${SECRET}@a.example/v3/${SECRET}?key=${SECRET}`;
const node = (words: string) => configText({ nodes: `      - { ${words} }\n` });

describe("no problem repeats a credential", () => {
  test.each([
    ["a URL under the wrong key", node(`name: "${url}", url: "${url}", operator: o, region: r`)],
    ["a URL of the wrong protocol", node(`name: a, url: "${url.replace("https", "ftp")}", operator: o, region: r`)],
    ["a URL without a host", node(`name: a, url: "https://user:${SECRET}@:1/", operator: o, region: r`)],
    ["a URL without protocol", node(`name: a, url: "user:${SECRET}@a.example/", operator: o, region: r`)],
    ["a URL as a key", configText({ top: `"${url}": 1\n` })],
    ["a URL twice", node(`name: a, url: "${url}", ws: "${url}", operator: o, region: r`)],
    ["a URL in broken YAML", `region: "x" ${url}\n`],
    ["a URL in an unclosed list", `region: [${url}\nchains: ${url}: x: y\n`],
    ["a secret in an option", configText({ chain: `    options: { deep: { key: ${SECRET} } }\n` })],
    ["a secret as an option's key", configText({ chain: `    options: { "${SECRET} ${SECRET}": 1 }\n` })],
    ["a secret from the environment", node('name: "A ${KEY}", url: "x${KEY}", operator: "${KEY}!", region: r')],
    ["a secret number from the environment", configText({ top: 'api: { port: "${NUMBER}" }\n' })],
    ["an alias that quotes", `region: *${SECRET}\n`],
    ["a tag that quotes", `region: !<tag:${SECRET}> x\n`],
  ])("%s", async (_, text) => {
    const problems = (await problemsOf(text, { KEY: SECRET, NUMBER: "987654321" })).join("\n");
    expect(problems).not.toContain(SECRET);
    expect(problems).not.toContain("987654321");
    expect(problems).not.toContain("user");
  });
});
