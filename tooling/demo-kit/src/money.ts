/** The money in the bank before and after a run, in cents. */
export interface MoneyCheck {
  readonly before: number;
  readonly after: number;
}

/** Transfers move money, and nothing else happens here: any difference is a bug. */
export function isMoneyKept({ before, after }: MoneyCheck): boolean {
  return before === after;
}

export function describeMoneyCheck(check: MoneyCheck): string {
  const total = `${formatCents(check.before)} before, ${formatCents(check.after)} after`;
  if (isMoneyKept(check)) return `Money: ${total}. Not a cent was made or lost.`;
  const difference = check.after - check.before;
  return `Money: ${total}. ${formatCents(Math.abs(difference))} ${difference > 0 ? 'MADE' : 'LOST'}.`;
}

function formatCents(cents: number): string {
  return (cents / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
