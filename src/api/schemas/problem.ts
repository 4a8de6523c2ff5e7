import { type Static, Type } from "typebox";
import { ERROR_CODES, type ErrorCode } from "../../core/errors.ts";
import { CLOSED, oneOf, ref } from "./shape.ts";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: "uri-reference", description: "urn:headwater:error:<code>" }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What went wrong with this request, for people" }),
    instance: Type.Optional(Type.String({ description: "The path that was asked for; absent inside another answer" })),
    code: oneOf(codes, "For programs; docs/errors.md lists all of them"),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: "When the same request may succeed" })),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "Facts about this error" })),
  },
  { ...CLOSED, $id: "Problem", description: "RFC 9457" },
);
export type Problem = Static<typeof ProblemSchema>;

/** The answer of every failed request, for a route's `response.default`. */
export const problemResponse = {
  description: "A problem (RFC 9457), with its code",
  content: { "application/problem+json": { schema: ref(ProblemSchema) } },
};
