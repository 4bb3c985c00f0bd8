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
    if (isDirty) setTimeout(() => void client.ask('reset').catch(() => undefined), 5);
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
    // Longer than all checks take, and many: what is counted is the process's timers, and a few of others that end meanwhile
    // must not hide these.
    for (let timers = 0; timers < 50; timers++) setTimeout(() => undefined, 120_000);
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
      throw Object.assign(error as Error, {
        code: `${(error as { code?: string }).code} for ${this.options.password}`,
      });
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
  {
    fault: 'forgets to reset',
    Factory: ForgetsReset,
    caughtBy: [
      'session-state',
      'session-state-after-error',
      'session-state-to-waiter',
      'reset-stuck',
      'open-transaction',
    ],
  },
  { fault: 'forgets transactions left open', Factory: ForgetsTransactions, caughtBy: ['open-transaction'] },
  { fault: 'resets clean connections too', Factory: ResetsAlways, caughtBy: ['no-round-trip'] },
  {
    fault: 'resets when the next borrower has the connection',
    Factory: ResetsInTheBackground,
    caughtBy: [
      'session-state',
      'session-state-after-error',
      'session-state-to-waiter',
      'reset-stuck',
      'open-transaction',
    ],
  },
  { fault: 'waits for ever for a reset', options: { resetTimeoutMs: Infinity }, caughtBy: ['reset-stuck'] },
  {
    fault: 'ignores the signal of create, and never settles',
    Factory: IgnoresItsSignal,
    caughtBy: ['silent-server'],
  },
  {
    fault: 'waits for ever for a create',
    options: { createTimeoutMs: Infinity },
    caughtBy: ['silent-server'],
  },
  {
    fault: 'lends dead connections',
    Factory: LendsTheDead,
    caughtBy: [
      'killed-idle',
      'mute-idle',
      'killed-leased',
      'killed-never-released',
      'min-restored',
      'reset-idle',
      'half-closed-idle',
      'cut-answer',
    ],
  },
  {
    fault: 'never reports a lost connection',
    Factory: NeverReportsLost,
    caughtBy: ['killed-never-released', 'min-restored', 'reset-idle', 'half-closed-idle'],
  },
  { fault: 'validates nothing', Factory: ValidatesNothing, caughtBy: ['killed-idle', 'mute-idle'] },
  {
    fault: 'never closes a socket',
    Factory: LeavesSocketsOpen,
    caughtBy: ['close-waits', 'close-cuts', 'close-leaves-nothing'],
  },
  { fault: 'leaves a timer running', Factory: KeepsATimer, caughtBy: ['close-leaves-nothing'] },
  { fault: 'retries what is fatal', Factory: RetriesWhatIsFatal, caughtBy: ['refused-for-good'] },
  {
    fault: 'takes every failure to connect for fatal',
    Factory: GivesUpAtOnce,
    caughtBy: ['outage-survived', 'outage-cause', 'silent-server'],
  },
  {
    fault: 'has the password in its errors',
    Factory: TellsThePassword,
    caughtBy: ['refused-for-good', 'outage-cause'],
  },
  { fault: 'matches answers by their order', Factory: AnswersInOrder, caughtBy: ['not-awaited', 'mixed'] },
];
