export type Environment = Readonly<Record<string, string | undefined>>;

export type FilledText = {
  readonly text: string;
  /** Whether anything was filled in. */
  readonly filled: boolean;
  /** What is wrong; the text is then of no use. */
  readonly faults: readonly string[];
};

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Fills in `${NAME}` and `${NAME:-default}`, as a shell does: the default also stands in for an empty variable. `$${`
 * gives a literal `${`. What is filled in is not looked at again, so a variable's value can never refer to another.
 * Faults name variables, never their values.
 */
export function fillEnvironment(text: string, env: Environment): FilledText {
  const faults: string[] = [];
  let filled = false;
  const result = text.replace(REFERENCE, (match: string, name?: string, fallback?: string) => {
    if (match === "$${") return "${";
    if (name === undefined) {
      faults.push(`expected \${NAME} or \${NAME:-default} (write $\${ for a literal \${), got another form`);
      return match;
    }
    filled = true;
    const value = env[name];
    if (fallback !== undefined) return value || fallback;
    if (value === undefined) {
      faults.push(`expected the environment variable ${name} to be set (or a default, \${${name}:-…}), got nothing`);
    }
    return value ?? "";
  });
  return { text: result, filled, faults };
}
