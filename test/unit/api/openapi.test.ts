import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest, type Json, matches, validateAnswer } from "../../support/api.ts";
import { MemoryService } from "../../support/memory-service.ts";

const page = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");

type Example = { readonly method: string; readonly path: string; readonly answer: Json | undefined };

/** Every curl line of the page with the answer shown below it, if one is. */
function readExamples(): Example[] {
  const blocks = page.matchAll(/```sh\n(curl[\s\S]*?)```\n(?:```json\n([\s\S]*?)```)?/g);
  return Array.from(blocks, ([, command = "", answer]) => {
    const url = /http:\/\/127\.0\.0\.1:8420([^\s']*)/.exec(command)?.[1] ?? "";
    const method = /-X ([A-Z]+)/.exec(command)?.[1]?.toLowerCase() ?? (command.includes(" -d ") ? "post" : "get");
    return { method, path: url, answer: answer && JSON.parse(answer) };
  });
}

describe("the OpenAPI document", () => {
  let document: Json;
  let api: ApiUnderTest;
  const routes = () =>
    Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );

  beforeAll(async () => {
    api = new ApiUnderTest([await MemoryService.open()]);
    document = JSON.parse((await api.api.inject("/openapi.json")).body);
  });

  it("is of version 3.1, names every reference, and is the one that the page reads", async () => {
    expect(document.openapi).toBe("3.1.0");
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    const known = Object.keys(document.components.schemas);
    const used = new Set(Array.from(references, ([, name]) => name));
    expect(used.size).toBeGreaterThan(10);
    for (const name of used) expect(known).toContain(name);
    expect(JSON.parse((await api.api.inject("/docs/json")).body)).toEqual(document);
  });

  it("lists the same routes as docs/api.md, both ways", () => {
    const table = Array.from(page.matchAll(/^\| `([A-Z]+ \/[^`]+)` \|/gm), ([, route]) => route);
    const headings = Array.from(page.matchAll(/^### `([A-Z]+ \/[^`]+)`$/gm), ([, route]) => route);
    expect(routes().sort()).toEqual(table.sort());
    expect(headings.sort()).toEqual(table.sort());
  });

  it("has a route and a schema for every example of docs/api.md", async () => {
    const examples = readExamples();
    expect(examples.length).toBeGreaterThanOrEqual(routes().length);
    for (const { method, path, answer } of examples) {
      const template = Object.keys(document.paths).find((known) => matches(known, path.split("?")[0] ?? ""));
      expect(template && document.paths[template][method], `${method} ${path}`).toBeDefined();
      if (answer) await validateAnswer(api.api, method, path, answer.code ? answer.status : 200, answer);
    }
  });

  it("tells every query option that docs/api.md tells, and every route that reads takes them", () => {
    const options = ["notOlderThan", "allowStale", "minOperators"];
    for (const route of routes().filter((name) => /blocks|transactions|balances|history|utxos/.test(name))) {
      const [method = "", path = ""] = route.split(" ");
      const names = document.paths[path][method.toLowerCase()].parameters.map(({ name }: Json) => name);
      for (const option of options) expect(names, route).toContain(option);
    }
    for (const option of [...options, "at", "finality"]) expect(page).toContain(`| \`${option}\` |`);
  });

  it("tells the limits that hold", () => {
    const body = page.replaceAll("\n", " ");
    expect(body).toContain(`\`limit\` is 1 to ${LIMITS.apiPageRows}, ${LIMITS.apiPageRowsDefault} if absent`);
    expect(body).toContain(`more than ${LIMITS.apiPageMovements.toLocaleString("en")} movements, inputs`);
    expect(body).toContain(`newest first, at most ${LIMITS.apiPageRows}, on every page`);
    expect(body).toContain(`1 to ${LIMITS.apiBatchAccounts.toLocaleString("en")} accounts`);
    expect(body).toContain(`at most ${LIMITS.apiBatchBalances.toLocaleString("en")} balances`);
    expect(body).toContain(`At most ${LIMITS.apiBatchAssets} \`assets\``);
    expect(body).toContain(`| body | ${LIMITS.apiBodyBytes / 1024} KiB |`);
    expect(body).toContain(`| requests being answered | ${LIMITS.apiRequestsInFlight.toLocaleString("en")} |`);
    expect(body).toContain(`| time for an answer | ${LIMITS.apiRequestTimeoutMs / 1000} s |`);
    expect(body).toContain(`for up to ${LIMITS.shutdownMs / 1000} seconds`);
  });
});

describe("the page", () => {
  it("loads nothing but what this service serves", async () => {
    const api = new ApiUnderTest([]);
    const { body, headers } = await api.api.inject("/docs/");
    const loaded = Array.from(body.matchAll(/(?:src|href)="([^"]+)"/g), ([, url]) => url as string);
    expect(loaded.length).toBeGreaterThan(4);
    for (const url of loaded) {
      expect(url).toMatch(/^\.\/static\//);
      expect((await api.api.inject(`/docs/${url.slice(2)}`)).statusCode, url).toBe(200);
    }
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(headers["content-security-policy"]).not.toMatch(/https?:|unsafe-eval/);
    expect((await api.api.inject("/docs")).statusCode).toBe(200);
    expect((await api.api.inject("/docs/static/swagger-initializer.js")).body).toContain("validatorUrl");
  });
});
