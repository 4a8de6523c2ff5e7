import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from "yaml";
import { LIMITS } from "../core/limits.ts";
import { type Environment, fillEnvironment } from "./environment.ts";
import { formatPath, joinPointer, type Pointer, parentPointer } from "./pointer.ts";
import type { ConfigProblem } from "./problem.ts";

/** A YAML file as plain data, with the place of every value and key. Never throws: what is wrong is in `problems`. */
export class YamlSource {
  readonly problems: ConfigProblem[] = [];
  /** Values that are of no use, since something in them is already among the problems. */
  readonly broken = new Set<Pointer>();
  /** Texts that hold something from the environment. */
  readonly filled = new Set<Pointer>();
  readonly value: unknown;
  readonly #env: Environment;
  readonly #lines = new LineCounter();
  readonly #document: Document;
  readonly #values = new Map<Pointer, number>();
  readonly #keys = new Map<Pointer, number>();
  #aliases = 0;
  #count = 0;
  #full = false;

  constructor(text: string, env: Environment) {
    this.#env = env;
    // Duplicate keys are found below, with their path. Pretty errors would quote the file, credentials and all.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      resolveKnownTags: false,
    });
    let last = -1;
    for (const fault of [...this.#document.errors, ...this.#document.warnings]) {
      // Unclosed brackets give one fault each, all at the same place: the first says it all.
      if (fault.pos[0] !== last) this.#addAt(fault.pos[0], "", describeSyntaxFault(fault.message));
      last = fault.pos[0];
    }
    this.value = this.problems.length > 0 ? undefined : this.#read(this.#document.contents, "", 0);
  }

  /** Adds a problem at the value, or where the value is absent, at the nearest thing around it. */
  add(pointer: Pointer, message: string): void {
    this.broken.add(pointer);
    this.#addAt(this.#nearest(pointer), formatPath(pointer), message);
  }

  /** Adds a problem at a key rather than at its value. */
  addAtKey(pointer: Pointer, message: string): void {
    this.broken.add(pointer);
    this.#addAt(this.#keys.get(pointer) ?? this.#nearest(pointer), formatPath(pointer), message);
  }

  #addAt(offset: number, path: string, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), path, message });
  }

  #nearest(pointer: Pointer): number {
    for (let at = pointer; ; at = parentPointer(at)) {
      const offset = this.#values.get(at);
      if (offset !== undefined) return offset;
      if (at === "") return 0;
    }
  }

  #read(node: unknown, pointer: Pointer, depth: number): unknown {
    if (this.#full) return undefined;
    if (++this.#count > LIMITS.configValues) return this.#refuse(pointer, `at most ${LIMITS.configValues} values`);
    if (depth > LIMITS.configDepth) return this.#refuse(pointer, `nesting of at most ${LIMITS.configDepth} levels`);
    if (isAlias(node)) return this.#readAlias(node, pointer, depth);
    const offset = (node as Node | null)?.range?.[0];
    if (offset !== undefined) this.#values.set(pointer, offset);
    if (isMap(node)) return this.#readMap(node.items, pointer, depth);
    if (isSeq(node)) return node.items.map((item, index) => this.#read(item, joinPointer(pointer, index), depth + 1));
    return isScalar(node) ? this.#readScalar(node.value, pointer) : null;
  }

  #readAlias(alias: Alias, pointer: Pointer, depth: number): unknown {
    if (++this.#aliases > LIMITS.configAliases) return this.#refuse(pointer, `at most ${LIMITS.configAliases} aliases`);
    const target = alias.resolve(this.#document);
    if (target !== undefined) return this.#read(target, pointer, depth + 1);
    if (alias.range) this.#values.set(pointer, alias.range[0]);
    this.add(pointer, "expected an alias of an anchor that stands before it, got one of none");
    return null;
  }

  #readMap(pairs: readonly Pair[], parent: Pointer, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const pointer = joinPointer(parent, key);
      const offset = (pair.key as Node | null)?.range?.[0] ?? this.#nearest(parent);
      if (Object.hasOwn(result, key)) {
        this.#addAt(offset, formatPath(pointer), "expected each key once, got it a second time");
      } else if (key === "__proto__") {
        this.#addAt(
          offset,
          formatPath(pointer),
          "expected another key: this one has a meaning of its own in JavaScript",
        );
      } else {
        this.#keys.set(pointer, offset);
        this.#values.set(pointer, offset);
        result[key] = this.#read(pair.value, pointer, depth + 1);
      }
    }
    return result;
  }

  #readScalar(value: unknown, pointer: Pointer): unknown {
    if (typeof value !== "string") return value;
    const { text, filled, faults } = fillEnvironment(value, this.#env);
    for (const fault of faults) this.add(pointer, fault);
    if (filled) this.filled.add(pointer);
    return text;
  }

  // The whole file is given up: going on would only repeat the same problem.
  #refuse(pointer: Pointer, expected: string): undefined {
    this.#full = true;
    this.add(pointer, `expected ${expected} in the file, got more`);
    this.broken.add("");
    return undefined;
  }
}

// After a colon the parser's messages quote the file, which may hold a credential.
function describeSyntaxFault(message: string): string {
  return `expected valid YAML, got: ${message.replace(/:[\s\S]*$/, "")}`;
}
