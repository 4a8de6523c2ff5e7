import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

/**
 * Resolves when a server has ended because the process that started it was killed.
 * @param start the body of a module that starts the server and leaves its port in `port`
 */
export async function expectEndWithOwner(start: string): Promise<void> {
  const script = `${start}
    console.log(port);
    setInterval(() => undefined, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(owner.stdout, "data");
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const closed = new Promise((resolve) => socket.once("error", () => undefined).once("close", resolve));
  owner.kill("SIGKILL");
  // Only the server's end closes the connection.
  await closed;
}
