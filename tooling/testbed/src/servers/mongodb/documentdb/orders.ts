/** What the server process is told by its parent; each order is answered. */
export type Order =
  | { readonly verb: 'startNode' | 'stopNode'; readonly index: number }
  | { readonly verb: 'stepDown'; readonly seconds: number }
  | { readonly verb: 'cut' };

/** Sent once, when it serves. */
export interface Serving {
  readonly url: string;
  readonly addresses: readonly string[];
}

export interface Numbered {
  readonly id: number;
  readonly order: Order;
}

export interface Answer {
  readonly id: number;
  readonly error?: string;
}
