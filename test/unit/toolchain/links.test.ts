import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const papers = globSync(["*.md", "docs/**/*.md", "test/**/*.md", "bench/**/*.md"], { cwd: root });

/** The anchor that a heading gets: lower case, blanks to hyphens, no other punctuation. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

function anchorsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#{1,6} (.+)$/gm)].map((match) => anchorOf(match[1] as string));
}

/** Targets of links and pictures, outside code. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
}

it("looks at the papers", () => {
  expect(papers).toEqual(expect.arrayContaining(["README.md", join("docs", "ARCHITECTURE.md")]));
});

it.each(papers)("%s: every relative link leads somewhere", (paper) => {
  const file = join(root, paper);
  const broken = linksOf(readFileSync(file, "utf8"))
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path, anchor] = link.split("#") as [string, string?];
      const target = path === "" ? file : join(dirname(file), decodeURIComponent(path));
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
  expect(broken).toEqual([]);
});
