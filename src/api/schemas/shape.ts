import { type Static, type TSchema, type TUnsafe, Type } from "typebox";
import { HeadwaterError } from "../../core/errors.ts";

/** Requests and answers have exactly the members that their schema names. */
export const CLOSED = { additionalProperties: false } as const;

/** A reference to a schema with an `$id`, which OpenAPI lists under that name. Typed as what it refers to. */
export function ref<S extends TSchema>(schema: S): TUnsafe<Static<S>> {
  const name = "$id" in schema ? schema.$id : undefined;
  if (typeof name !== "string") throw new HeadwaterError("internal", "a schema without $id cannot be referred to");
  return Type.Unsafe<Static<S>>({ $ref: `${name}#` });
}

/** The schema's values, or null. */
export function nullable<S extends TSchema>(schema: S): TUnsafe<Static<S> | null> {
  return Type.Unsafe<Static<S> | null>({ anyOf: [schema, { type: "null" }] });
}

/** One of some texts. */
export function oneOf<const T extends readonly string[]>(texts: T, description?: string): TUnsafe<T[number]> {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...texts], ...(description ? { description } : {}) });
}

export const Height = Type.Integer({
  minimum: 0,
  description: "The number by which the chain's nodes are asked for a block",
});

export const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });

/** An integer of any size, in decimal digits. */
export const Amount = Type.String({
  pattern: "^-?[0-9]+$",
  description: "Decimal digits, in the asset's smallest unit",
});

/** From which block on an account is whole. Part of every answer that tells of an account where only watched ones are kept. */
export const indexedFrom = Type.Optional(
  nullable({
    ...Height,
    description:
      "On chains of scope watched: the first block from which on the index has all of the account; null where it is not watched. Nothing is told of blocks before. Absent on chains of scope all",
  } as typeof Height),
);
