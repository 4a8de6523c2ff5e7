type Told = { readonly transactions?: readonly { readonly meta: { readonly err: unknown; readonly fee: number } }[] };

const POST_BALANCES = /"postBalances":\[(\d+),(\d+)/g;
const STOLEN = 1_000n;

/**
 * An answer to getBlock in which the last transaction that succeeded paid a thousand lamports more to its second account. Nothing
 * in the block contradicts it: within each transaction the lamports still add up. Other answers stay as they are.
 */
export function forgeBlock(answer: string): string {
  const { transactions } = ((JSON.parse(answer) as { result?: Told | null }).result ?? {}) as Told;
  const last = transactions?.findLastIndex(({ meta }) => meta.err === null) ?? -1;
  if (last < 0) return answer;
  let at = -1;
  // As text: numbers beyond 2^53 would not survive.
  return answer.replaceAll(POST_BALANCES, (whole, payer: string, second: string) => {
    at++;
    return at === last ? `"postBalances":[${BigInt(payer) - STOLEN},${BigInt(second) + STOLEN}` : whole;
  });
}
