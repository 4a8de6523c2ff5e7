import { describe, expect, test } from "vitest";
import { isChainId, parseAccountId } from "../../../../src/core/caip.ts";
import { NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { AccountForms, accountOfScript } from "../../../../src/plugins/bitcoin/scripts/account.ts";
import { decodeCashPayload, encodeCashPayload } from "../../../../src/plugins/bitcoin/scripts/cash-address.ts";
import { networkNamed, readBitcoinFixture } from "../../../support/bitcoin-fixtures.ts";
import { codeOf } from "../../../support/error-code.ts";

function formsOf(name: string): AccountForms {
  return new AccountForms(networkNamed(name));
}

/** The account of a script and the address that is shown of it. */
function show(script: string, name: string): string | null {
  const bytes = Buffer.from(script, "hex");
  const account = accountOfScript(bytes, 0, bytes.length, networkNamed(name));
  return account === null ? null : formsOf(name).format(account);
}

function parse(text: string, name: string): string {
  return formsOf(name).parse(text);
}

const BIP350_VALID: readonly (readonly [string, string])[] = [
  ["BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"],
  [
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
  ],
  ["BC1SW50QGDZ25J", "6002751e"],
  ["bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"],
  [
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
  ],
];

test.each(BIP350_VALID)("BIP350: %s", (address, script) => {
  expect(parse(address, "Bitcoin")).toBe(script);
  expect(show(script, "Bitcoin")).toBe(address.toLowerCase());
});

// Invalid by BIP350: other networks, the other checksum, versions, lengths, padding, cases.
test.each([
  "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
  "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
  "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
  "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
  "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
  "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
  "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
  "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
  "bc1pw5dgrnzv",
  "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
  "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
  "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
  "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
  "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
  "bc1gmk9yu",
])("BIP350: %s is refused by every network", (address) => {
  for (const { name } of NETWORKS) expect(codeOf(() => parse(address, name))).toBe("invalid-account");
});

describe("BIP173", () => {
  const { valid, invalid } = readBitcoinFixture<{
    valid: { address: string; scriptPubKey: string }[];
    invalid: (string | { address: string })[];
  }>("bitcoin__bips/bip173_segwit_addresses.json");

  test.each(valid)("$address holds for version 0; later versions have the checksum of BIP350", (vector) => {
    const name = vector.address.toLowerCase().startsWith("bc") ? "Bitcoin" : "Bitcoin Testnet3";
    if (vector.scriptPubKey.startsWith("00")) {
      expect(parse(vector.address, name)).toBe(vector.scriptPubKey);
      expect(show(vector.scriptPubKey, name)).toBe(vector.address.toLowerCase());
    } else expect(codeOf(() => parse(vector.address, name))).toBe("invalid-account");
  });

  test.each(invalid.map((one) => (typeof one === "string" ? one : one.address)))("%s is refused", (address) => {
    for (const { name } of NETWORKS) expect(codeOf(() => parse(address, name))).toBe("invalid-account");
  });
});

describe("bitcoinjs-lib's addresses", () => {
  const names: Record<string, string> = {
    bitcoin: "Bitcoin",
    testnet: "Bitcoin Testnet3",
    regtest: "Bitcoin Regtest",
    litecoin: "Litecoin",
  };
  const file = readBitcoinFixture<{
    standard: {
      network: string;
      hash: string;
      version: number;
      base58check?: string;
      bech32?: string;
      data?: string;
    }[];
    invalid: Record<string, { address?: string }[]>;
  }>("bitcoinjs__bitcoinjs-lib/address.json");

  test.each(file.standard)("$network $base58check $bech32", ({ network, base58check, bech32, hash, data }) => {
    const name = names[network] as string;
    for (const address of [base58check, bech32].filter((text) => text !== undefined)) {
      const account = parse(address, name);
      expect(account).toContain(data ?? hash);
      expect(formsOf(name).format(account)).toBe(bech32 ? address.toLowerCase() : address);
    }
  });

  const refused = [...(file.invalid["bech32"] ?? []), ...(file.invalid["fromBase58Check"] ?? [])];
  test.each(refused)("$address is refused", ({ address }) => {
    for (const name of Object.values(names))
      expect(codeOf(() => parse(address as string, name))).toBe("invalid-account");
  });
});

describe("Litecoin's addresses", () => {
  const names = { main: "Litecoin", test: "Litecoin Testnet", regtest: "Litecoin Regtest" };
  const vectors = readBitcoinFixture<[string, string, { chain: keyof typeof names; isPrivkey: boolean }][]>(
    "litecoin-project__litecoin/key_io_valid.json",
  ).filter(([, , { isPrivkey }]) => !isPrivkey);

  test.each(vectors)("%s", (address, script, { chain }) => {
    expect(parse(address, names[chain])).toBe(script);
    expect(show(script, names[chain])).toBe(address);
  });

  test("script hashes are read in their former form too, and shown in the newer one", () => {
    const account = parse("M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj", "Litecoin");
    const former = formsOf("Bitcoin").format(account);
    expect(former.startsWith("3")).toBe(true);
    expect(parse(former, "Litecoin")).toBe(account);
  });
});

describe("CashAddr", () => {
  const vectors = readBitcoinFixture<{ payloadSize: number; type: number; cashaddr: string; payload: string }[]>(
    "bitpay__bitcore/bitcoincash/cashaddr.json",
  );

  test.each(vectors)("$cashaddr", ({ payloadSize, type, cashaddr, payload }) => {
    const [prefix, bare] = cashaddr.split(":") as [string, string];
    const version = (type << 3) | [20, 24, 28, 32, 40, 48, 56, 64].indexOf(payloadSize);
    const hash = Buffer.from(payload, "hex");
    expect(encodeCashPayload(prefix, version, hash)).toBe(bare);
    for (const text of [cashaddr, bare, bare.toUpperCase()]) {
      expect(decodeCashPayload(prefix, text)).toEqual({ version, hash: Uint8Array.from(hash) });
    }
    const changed = `${bare.slice(0, -1)}${bare.endsWith("q") ? "p" : "q"}`;
    expect(decodeCashPayload(prefix, changed)).toBeUndefined();
    expect(decodeCashPayload(`${prefix}x`, bare)).toBeUndefined();
  });

  test("is how Bitcoin Cash shows accounts; the old form and that for tokens are read", () => {
    const script = "76a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac988ac";
    const address = "qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2";
    expect(show(script, "Bitcoin Cash")).toBe(address);
    expect(parse(`bitcoincash:${address}`, "Bitcoin Cash")).toBe(script);
    expect(parse(show(script, "Bitcoin") as string, "Bitcoin Cash")).toBe(script);
    const forTokens = encodeCashPayload("bitcoincash", 2 << 3, Buffer.from(script.slice(6, 46), "hex"));
    expect(parse(forTokens, "Bitcoin Cash")).toBe(script);
    const hash32 = `aa20${"5a".repeat(32)}87`;
    expect(parse(show(hash32, "Bitcoin Cash") as string, "Bitcoin Cash")).toBe(hash32);
  });
});

describe("accounts", () => {
  const pubKey = `4104${"ab".repeat(64)}ac`;

  test("scripts without an address are known by their hash, and those that nobody can run belong to no one", () => {
    const shown = show(pubKey, "Bitcoin") as string;
    expect(shown).toMatch(/^script-[0-9a-f]{64}$/);
    expect(parse(shown, "Bitcoin")).toBe(`ff${shown.slice(7)}`);
    expect(show("6a0b", "Bitcoin")).toBeNull();
    expect(show(`51${"00".repeat(10_000)}`, "Bitcoin")).toBeNull();
    expect(show("", "Bitcoin")).toMatch(/^script-e3b0c442/);
    // Without witnesses a witness program is any script.
    expect(show(`0014${"11".repeat(20)}`, "Dogecoin")).toMatch(/^script-/);
    expect(show(`aa20${"5a".repeat(32)}87`, "Bitcoin")).toMatch(/^script-/);
  });

  test("a token before the script does not make another account", () => {
    const script = `76a914${"22".repeat(20)}88ac`;
    const category = "cc".repeat(32);
    const plain = show(script, "Bitcoin Cash");
    for (const token of ["1001", "10fd00ff", "22", "6003010203", "70020102ff0000000001000000"]) {
      expect(show(`ef${category}${token}${script}`, "Bitcoin Cash")).toBe(plain);
      expect(show(`ef${category}${token}${script}`, "Bitcoin")).not.toBe(plain);
    }
    for (const malformed of ["00", "80", "23", "1000", "4001aa", "10fd0100"]) {
      expect(show(`ef${category}${malformed}${script}`, "Bitcoin Cash")).toMatch(/^script-/);
    }
  });

  test.each(["", "script-", `script-${"AB".repeat(32)}`, "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMh", "x".repeat(5000)])(
    "%s is no account",
    (text) => {
      for (const { name } of NETWORKS) expect(codeOf(() => parse(text, name))).toBe("invalid-account");
    },
  );

  test("what is shown fits into CAIP-10", () => {
    for (const network of NETWORKS) {
      expect(isChainId(network.id)).toBe(true);
      for (const script of [`76a914${"33".repeat(20)}88ac`, `a914${"33".repeat(20)}87`, pubKey]) {
        const address = show(script, network.name) as string;
        expect(parseAccountId(`${network.id}:${address}`)).toEqual({ chain: network.id, address });
      }
    }
  });
});

describe("addresses as nodes and explorers tell them", () => {
  const files = ["rpc_bitcoin", "rpc_bitcoin_testnet", "rpc_litecoin", "rpc_dogecoin", "rpc_bcash"] as const;
  const names: Record<string, string> = {
    rpc_bitcoin: "Bitcoin",
    rpc_bitcoin_testnet: "Bitcoin Testnet3",
    rpc_litecoin: "Litecoin",
    rpc_dogecoin: "Dogecoin",
    rpc_bcash: "Bitcoin Cash",
  };

  test.each(files)("%s", (file) => {
    const { txDetails } = readBitcoinFixture<{
      txDetails: Record<string, { vout: { scriptPubKey: { hex: string; addresses?: string[] } }[] }>;
    }>(`trezor__blockbook/${file}.json`);
    const name = names[file] as string;
    for (const { vout } of Object.values(txDetails)) {
      for (const { scriptPubKey } of vout) {
        const shown = show(scriptPubKey.hex, name);
        const [told] = scriptPubKey.addresses ?? [];
        if (told && !told.startsWith("OP_RETURN")) expect(told.replace("bitcoincash:", "")).toBe(shown);
        if (shown !== null) expect(formsOf(name).parse(shown)).toMatch(/^[0-9a-f]+$/);
      }
    }
  });
});
