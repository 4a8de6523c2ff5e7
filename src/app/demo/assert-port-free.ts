import { once } from "node:events";
import { createServer } from "node:net";
import { HeadwaterError } from "../../core/errors.ts";

/**
 * Asks before the long work, not after it, whether the API will be able to listen.
 * @throws HeadwaterError `address-in-use` when another program listens there, `config-invalid` when nobody may
 */
export async function assertPortFree(host: string, port: number, advice: string): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const message = `cannot listen on ${host}:${port} (${String(code ?? cause)}). ${advice}`;
    throw new HeadwaterError(code === "EADDRINUSE" ? "address-in-use" : "config-invalid", message, { cause });
  }
  server.close();
  await once(server, "close");
}
