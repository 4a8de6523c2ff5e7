/** The SPL Token program and Token-2022: their mints and accounts begin alike. */
export const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const TOKEN_PROGRAMS = ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", TOKEN_2022] as const;

export type TokenProgram = (typeof TOKEN_PROGRAMS)[number];

export function isTokenProgram(text: unknown): text is TokenProgram {
  return TOKEN_PROGRAMS.some((program) => program === text);
}
