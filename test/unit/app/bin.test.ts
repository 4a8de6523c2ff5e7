import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { finish, startProcess } from "./run-cli.ts";

const bin = fileURLToPath(new URL("../../../bin/headwater.mjs", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

// Makes the first process take itself for an old Node. It is not inherited, so the second is what it is.
const pretendOld = `data:text/javascript,${encodeURIComponent(
  `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } })`,
)}`;

test("runs the command line from the source", async () => {
  expect(await finish(startProcess([bin, "--version"]))).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("on an old Node hands over to the pinned one, with arguments and exit code", async () => {
  const good = finish(startProcess(["--import", pretendOld, bin, "--version"]));
  const bad = finish(startProcess(["--import", pretendOld, bin, "frobnicate"]));
  expect(await good).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect(await bad).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'frobnicate'") });
});

test("on an old Node without a pinned one says what is needed", async () => {
  const child = startProcess(["--import", pretendOld, bin, "--version"], { HEADWATER_HANDED_OVER: "1" });
  expect(await finish(child)).toEqual({
    code: 1,
    stdout: "",
    stderr: 'headwater: Node 24 or newer is needed, this is 20.0.0. Install it, or run "npm ci" in a clone.\n',
  });
});

test("passes a signal on to the process it handed over to", async () => {
  const server = createServer(() => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = startProcess(["--import", pretendOld, bin, "status", "--url", url]);
  const ended = finish(child);
  // The inner process now waits for an answer that does not come.
  const [request] = await once(server, "request");
  const hungUp = once(request.socket, "close");
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
  await hungUp;
  server.close();
});
