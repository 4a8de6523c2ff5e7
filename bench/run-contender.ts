// Runs one contender of a bench in a process of its own, and reads what it reports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * The report is the last line that the contender prints, as JSON. Its folder is gone afterwards, whatever became of it.
 * @param argument what the program is told of its task
 */
export async function runContender<Report>(program: URL, argument: string, directory: string): Promise<Report> {
  const path = fileURLToPath(program);
  const child = spawn(process.execPath, [path, argument], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const [code] = await exited;
  await rm(directory, { recursive: true, force: true });
  if (code !== 0) throw new Error(`${path} ended with ${code}`);
  return JSON.parse(output.trimEnd().split("\n").at(-1) as string) as Report;
}
