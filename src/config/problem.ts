import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** One thing wrong with a configuration file. No text in it holds a credential. */
export type ConfigProblem = {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Like `chains[0].nodes[1].operator`; empty for the whole file. */
  readonly path: string;
  /** What was expected and what came. */
  readonly message: string;
};

/** Code `config-invalid`. The message lists every problem, one a line: `file:line:column: path: message`. */
export class ConfigError extends HeadwaterError {
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.slice(0, LIMITS.configProblems).map((problem) => formatProblem(file, problem));
    const hidden = sorted.length - lines.length;
    if (hidden > 0) lines.push(`and ${hidden} more`);
    super("config-invalid", lines.join("\n"), { details: { file, problems: sorted.length } });
    this.name = "ConfigError";
    this.problems = sorted;
  }
}

function formatProblem(file: string, { line, column, path, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
}
