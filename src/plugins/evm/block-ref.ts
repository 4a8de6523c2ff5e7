import type { BlockLocator } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { describe } from "../json-rpc/excerpt.ts";
import { isRecord } from "./responses.ts";
import { COUNT, type Form, HASH } from "./shape.ts";

/** The parameter by which methods take a height. */
export function hexHeight(height: number): string {
  return `0x${height.toString(16)}`;
}

/** A block or header as nodes give it, as a block ref. @throws HeadwaterError `node-bad-response` */
export function readBlockRef(header: unknown, node: string, method: string): BlockRef {
  const read = (field: string, form: Form): string => {
    const value = isRecord(header) ? header[field] : undefined;
    const text = typeof value === "string" ? value.toLowerCase() : undefined;
    if (text !== undefined && form.pattern.test(text)) return text;
    const actual = isRecord(header) ? describe(value) : describe(header);
    throw new HeadwaterError(
      "node-bad-response",
      `node ${node}, ${method}: expected ${field}, ${form.says}, got ${actual}`,
      {
        details: { node, method, field, actual },
      },
    );
  };
  const height = Number(read("number", COUNT));
  return {
    height,
    hash: read("hash", HASH),
    parentHash: read("parentHash", HASH),
    parentHeight: height - 1,
    time: Number(read("timestamp", COUNT)) * 1000,
  };
}

/** The error for a block that a node says it does not have. */
export function blockMissing(at: BlockLocator, node: string, method: string): HeadwaterError {
  const which = nameBlock(at);
  return new HeadwaterError("node-block-missing", `node ${node}, ${method}: it does not have block ${which}`, {
    details: { node, method, block: which },
  });
}

/** @throws HeadwaterError `node-wrong-block` when the node answered with another block than asked */
export function expectBlock(ref: BlockRef, at: BlockLocator, node: string, method: string): void {
  const asked = "hash" in at ? at : { hash: undefined, height: at.height };
  if (asked.hash !== undefined && asked.hash !== ref.hash) refuse("hash", asked.hash, ref.hash);
  if (asked.height !== undefined && asked.height !== ref.height) refuse("height", asked.height, ref.height);

  function refuse(field: string, expected: string | number, actual: string | number): never {
    throw new HeadwaterError(
      "node-wrong-block",
      `node ${node}, ${method}: expected the block with ${field} ${expected}, got ${actual}`,
      { details: { node, method, field, expected, actual } },
    );
  }
}

function nameBlock(at: BlockLocator): string {
  return "hash" in at ? at.hash : String(at.height);
}
