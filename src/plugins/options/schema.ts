/**
 * The part of JSON Schema that the plugin's options use, written plainly and checked by a page of code: a decode thread
 * reads its options too, and a schema library was more than half of what such a thread loaded before its first block.
 */
type Words = { readonly description: string };
export type OptionSchema =
  | (Partial<Words> & {
      readonly type: "string";
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly default?: string;
      readonly expected?: string;
    })
  | (Words & { readonly type: "boolean"; readonly default?: boolean })
  | (Words & { readonly type: "integer"; readonly minimum: number; readonly maximum?: number; readonly unit?: string })
  | (Words & { readonly type: "array"; readonly items: OptionSchema; readonly maxItems: number })
  | (Words & {
      readonly type: "object";
      readonly properties: Readonly<Record<string, OptionSchema>>;
      readonly required?: readonly string[];
      readonly additionalProperties: false;
      readonly default?: Readonly<Record<string, never>>;
    });

type Always<S> = S extends { readonly required: readonly (infer K)[] } ? K : never;

/** What fits a schema. A key with a default counts as one that may be missing. */
export type ValueOf<S> = S extends { readonly type: "object"; readonly properties: infer P }
  ? { readonly [K in keyof P as Extract<K, Always<S>>]: ValueOf<P[K]> } & {
      readonly [K in keyof P as Exclude<K, Always<S>>]?: ValueOf<P[K]>;
    }
  : S extends { readonly type: "array"; readonly items: infer I }
    ? readonly ValueOf<I>[]
    : S extends { readonly enum: readonly (infer E)[] }
      ? E
      : S extends { readonly type: "integer" }
        ? number
        : S extends { readonly type: "boolean" }
          ? boolean
          : string;

/** The first thing about a value that does not fit, as its path in the value and what it must be; undefined where all fits. */
export function findMisfit(schema: OptionSchema, value: unknown, path = ""): string | undefined {
  const must = (what: string) => `${path || "/"} must ${what}`;
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? findTextMisfit(schema, value, must) : must("be string");
    case "boolean":
      return typeof value === "boolean" ? undefined : must("be boolean");
    case "integer":
      if (!Number.isSafeInteger(value)) return must("be integer");
      if ((value as number) < schema.minimum) return must(`be >= ${schema.minimum}`);
      return (value as number) > (schema.maximum ?? Number.MAX_SAFE_INTEGER)
        ? must(`be <= ${schema.maximum}`)
        : undefined;
    case "array":
      if (!Array.isArray(value)) return must("be array");
      if (value.length > schema.maxItems) return must(`not have more than ${schema.maxItems} items`);
      return first(value.keys(), (i) => findMisfit(schema.items, value[i], `${path}/${i}`));
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return must("be object");
      const given = Object.entries(value).filter(([, held]) => held !== undefined);
      const absent = schema.required?.find((key) => !given.some(([name]) => name === key));
      if (absent !== undefined) return must(`have required properties ${absent}`);
      return first(given, ([key, held]) => {
        const known = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
        return known ? findMisfit(known, held, `${path}/${key}`) : `${path}/${key} is no option`;
      });
    }
  }
}

function findTextMisfit(
  schema: Extract<OptionSchema, { type: "string" }>,
  text: string,
  must: (what: string) => string,
): string | undefined {
  const { enum: choices, pattern, minLength = 0, maxLength = Number.MAX_SAFE_INTEGER } = schema;
  if (choices && !choices.includes(text)) return must(`be one of ${choices.join(", ")}`);
  if (pattern !== undefined && !new RegExp(pattern).test(text)) return must(`match pattern "${pattern}"`);
  if (text.length < minLength) return must(`not have fewer than ${minLength} characters`);
  return text.length > maxLength ? must(`not have more than ${maxLength} characters`) : undefined;
}

function first<T>(list: Iterable<T>, find: (entry: T) => string | undefined): string | undefined {
  for (const entry of list) {
    const found = find(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}
