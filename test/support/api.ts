import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { type Api, type ApiOptions, createApi } from "../../src/api/create-api.ts";
import type { Logger } from "../../src/core/contracts/logger.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { GENESIS_TIME, type MemoryService } from "./memory-service.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, which fail on what is not there
export type Json = any;

export type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: Json };

export type Asked = { readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD"; readonly body?: unknown };

export type LoggedError = { readonly fields: Record<string, unknown>; readonly message: string };

/** An API over services in memory. Every answer is held against the OpenAPI document, and every view must come back. */
export class ApiUnderTest {
  readonly api: Api;
  readonly clock = new FakeClock(GENESIS_TIME + 1_000_000);
  readonly logged: LoggedError[] = [];
  readonly #services: readonly MemoryService[];

  constructor(services: readonly MemoryService[], options: Partial<ApiOptions> = {}) {
    this.#services = services;
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => {
        this.logged.push({ fields: { ...fields }, message });
      },
    };
    this.api = createApi({ services, clock: this.clock, logger, ...options });
  }

  async ask(url: string, { method = "GET", body }: Asked = {}): Promise<Answer> {
    const response = await this.api.inject({ method, url, ...(body === undefined ? {} : { payload: body as object }) });
    const json: Json = response.body === "" ? undefined : JSON.parse(response.body);
    if (json !== undefined) await validateAnswer(this.api, method, url, response.statusCode, json);
    for (const service of this.#services) expect(service.openViews, "views still open").toBe(0);
    return { status: response.statusCode, headers: response.headers, body: json };
  }

  /** The answer's body, which must be 200. */
  async get(url: string): Promise<Json> {
    const { status, body } = await this.ask(url);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  async post(url: string, sent: unknown): Promise<Json> {
    const { status, body } = await this.ask(url, { method: "POST", body: sent });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  /** The problem's body, which must have this code. */
  async fail(url: string, code: string, asked: Asked = {}): Promise<Json> {
    const { status, headers, body } = await this.ask(url, asked);
    expect(body.code, JSON.stringify(body)).toBe(code);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({ status, type: `urn:headwater:error:${code}` });
    expect(headers["retry-after"] !== undefined).toBe(body.retryAfterMs !== undefined);
    return body;
  }
}

/** Holds an answer against the schema that the OpenAPI document has for it. Routes outside the document pass. */
export async function validateAnswer(api: Api, method: string, url: string, status: number, json: Json): Promise<void> {
  document ??= readDocument((await api.inject("/openapi.json")).body);
  if (status >= 400 && typeof json.code === "string") {
    validate(document, "#/components/schemas/Problem", json);
    return;
  }
  const path = url.split("?")[0] ?? "";
  const template = document.paths.find((known) => matches(known, path));
  if (template === undefined) return;
  const key = template.replaceAll("~", "~0").replaceAll("/", "~1");
  const response = `#/paths/${key}/${method.toLowerCase()}/responses/${status}`;
  validate(document, `${response}/content/application~1json/schema`, json);
}

type OpenApi = { readonly ajv: Ajv2020; readonly paths: readonly string[] };

// The document is the same for every API of this version, and compiling it takes longer than a test.
let document: OpenApi | undefined;

function readDocument(text: string): OpenApi {
  const json = JSON.parse(text);
  const formats = { "date-time": /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "uri-reference": true } as const;
  const ajv = new Ajv2020({ strict: false, formats });
  ajv.addSchema(json, "api");
  return { ajv, paths: Object.keys(json.paths) };
}

function validate({ ajv }: OpenApi, pointer: string, json: unknown): void {
  const check = ajv.getSchema(`api${pointer}`);
  expect(check, `a schema at ${pointer}`).toBeDefined();
  expect(check?.(json), `${pointer}: ${ajv.errorsText(check?.errors)} in ${JSON.stringify(json)}`).toBe(true);
}

/** Whether a path is of a template, like `/v1/chains/{chain}`. */
export function matches(template: string, path: string): boolean {
  const parts = template.split("/");
  const asked = path.split("/");
  return parts.length === asked.length && parts.every((part, i) => part.startsWith("{") || part === asked[i]);
}
