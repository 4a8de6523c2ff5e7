// Completes package-lock.json after `npm install`: a registry mirror that lacks some platform binaries makes npm
// leave them out of the lock file, and `npm ci` then refuses the lock file as out of sync. Each missing optional
// platform package is added with the version its parent pins and the os and cpu that its name tells.
// Usage: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = {
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
};
const processors = {
  amd64: "x64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  mips64el: "mips64el",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
  loong64: "loong64",
  wasm32: "wasm32",
};

let added = 0;
for (const [place, parent] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    if (place === "" || `node_modules/${name}` in lock.packages || `${place}/node_modules/${name}` in lock.packages)
      continue;
    if (!/^\d+\.\d+\.\d+[-\w.]*$/.test(range))
      throw new Error(`${name} (optional, of ${place}): expected an exact version, got ${range}`);
    const words = name.split(/[/-]/);
    const os = words.map((word) => systems[word]).find(Boolean);
    const cpu = words.map((word) => processors[word]).find(Boolean);
    if (!cpu && !os) throw new Error(`${name} (optional, of ${place}): its name tells neither os nor cpu`);
    lock.packages[`node_modules/${name}`] = {
      version: range,
      ...(cpu && { cpu: [cpu] }),
      ...(parent.dev && { dev: true }),
      ...(words.includes("musl") ? { libc: ["musl"] } : words.includes("gnu") && { libc: ["glibc"] }),
      optional: true,
      ...(os && { os: [os] }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} platform packages added to package-lock.json`);
