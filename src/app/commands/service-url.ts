import { InvalidArgumentError, Option } from "commander";

/** `--url`: which service to ask. */
export function urlOption(): Option {
  return new Option("--url <url>", "the service's address")
    .env("HEADWATER_URL")
    .default("http://127.0.0.1:8420")
    .argParser((text) => {
      if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
      throw new InvalidArgumentError("Expected an http:// or https:// URL.");
    });
}
