/** An amount of tokens in the four ways in which nodes write it. */
export function showTokenAmount(amount: bigint, decimals: number) {
  const text = decimalText(amount, decimals);
  return { uiAmount: Number(text), decimals, amount: amount.toString(), uiAmountString: text };
}

function decimalText(amount: bigint, decimals: number): string {
  if (decimals === 0) return amount.toString();
  const digits = amount.toString().padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -decimals) : `${digits.slice(0, -decimals)}.${fraction}`;
}
