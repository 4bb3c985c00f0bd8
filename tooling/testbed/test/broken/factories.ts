// Faults in opening, checking, cleaning and closing connections.
import type { ConnectFailureKind, CreateContext } from '@pool/core';
import { Client } from '../reference/client.ts';
import { ReferenceFactory } from '../reference/factory.ts';
import type { Reply } from '../reference/server.ts';
import type { Broken } from './broken.ts';

class ForgetsReset extends ReferenceFactory {
  override reset(): void {}
}

class ForgetsTransactions extends ReferenceFactory {
  override reset(client: Client): void | Promise<void> {
    client.isInTransaction = false;
    return super.reset(client);
  }
}

class ResetsAlways extends ReferenceFactory {
  override reset(client: Client): Promise<void> {
    return client.ask('reset').then(() => undefined);
  }
}

class ResetsInTheBackground extends ReferenceFactory {
  override reset(client: Client): void {
    // The next borrower's first query comes before it.
    const isDirty = client.isDirty || client.isInTransaction;
    client.isDirty = false;
    if (isDirty) setTimeout(() => client.ask('reset').catch(() => undefined), 5);
  }
}

class IgnoresItsSignal extends ReferenceFactory {
  override async create({ lost }: CreateContext): Promise<Client> {
    const client = await Client.connect(this.options);
    client.onLost = lost;
    return client;
  }
}

class LendsTheDead extends ReferenceFactory {
  override async create({ signal }: CreateContext): Promise<Client> {
    return Client.connect(this.options, signal);
  }

  override isBroken(): boolean {
    return false;
  }

  override async validate(): Promise<void> {}
}

class NeverReportsLost extends ReferenceFactory {
  override async create({ signal }: CreateContext): Promise<Client> {
    return Client.connect(this.options, signal);
  }
}

class ValidatesNothing extends ReferenceFactory {
  override async validate(): Promise<void> {}
}

class LeavesSocketsOpen extends ReferenceFactory {
  override async destroy(client: Client): Promise<void> {
    client.onLost = undefined;
  }
}

class KeepsATimer extends ReferenceFactory {
  override async create(context: CreateContext): Promise<Client> {
    setTimeout(() => undefined, 8_000);
    return super.create(context);
  }
}

class RetriesWhatIsFatal extends ReferenceFactory {
  override classify(): ConnectFailureKind {
    return 'transient';
  }
}

class GivesUpAtOnce extends ReferenceFactory {
  override classify(): ConnectFailureKind {
    return 'fatal';
  }
}

class TellsThePassword extends ReferenceFactory {
  override async create(context: CreateContext): Promise<Client> {
    try {
      return await super.create(context);
    } catch (error) {
      throw Object.assign(error as Error, { code: `${(error as { code?: unknown }).code} for ${this.options.password}` });
    }
  }
}

/** Takes answers for those to the oldest question, and a reset for a fresh start. */
class AnswersInOrder extends ReferenceFactory {
  override async create(context: CreateContext): Promise<Client> {
    const client = await super.create(context);
    const hear = client.hear.bind(client);
    client.hear = (reply: Reply) => hear({ ...reply, id: client.pending.keys().next().value ?? reply.id });
    return client;
  }

  override reset(client: Client): void | Promise<void> {
    for (const { reject } of client.pending.values()) reject(new Error('nobody waited'));
    client.pending.clear();
    return super.reset(client);
  }
}

export const brokenFactories: readonly Broken[] = [
  { fault: 'forgets to reset', Factory: ForgetsReset, caughtBy: [] },
  { fault: 'forgets transactions left open', Factory: ForgetsTransactions, caughtBy: [] },
  { fault: 'resets clean connections too', Factory: ResetsAlways, caughtBy: [] },
  { fault: 'resets when the next borrower has the connection', Factory: ResetsInTheBackground, caughtBy: [] },
  { fault: 'waits for ever for a reset', options: { resetTimeoutMs: Infinity }, caughtBy: [] },
  { fault: 'ignores the signal of create, and never settles', Factory: IgnoresItsSignal, caughtBy: [] },
  { fault: 'waits for ever for a create', options: { createTimeoutMs: Infinity }, caughtBy: [] },
  { fault: 'lends dead connections', Factory: LendsTheDead, caughtBy: [] },
  { fault: 'never reports a lost connection', Factory: NeverReportsLost, caughtBy: [] },
  { fault: 'validates nothing', Factory: ValidatesNothing, caughtBy: [] },
  { fault: 'never closes a socket', Factory: LeavesSocketsOpen, caughtBy: [] },
  { fault: 'leaves a timer running', Factory: KeepsATimer, caughtBy: [] },
  { fault: 'retries what is fatal', Factory: RetriesWhatIsFatal, caughtBy: [] },
  { fault: 'takes every failure to connect for fatal', Factory: GivesUpAtOnce, caughtBy: [] },
  { fault: 'has the password in its errors', Factory: TellsThePassword, caughtBy: [] },
  { fault: 'matches answers by their order', Factory: AnswersInOrder, caughtBy: [] },
];
